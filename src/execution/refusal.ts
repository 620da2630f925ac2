/** Why a plan is not sent; the detail, where there is one, is for people. */
export interface Refusal {
  readonly code:
    | "backrun_off"
    | "no_channel"
    | "trigger_bytes"
    | "trigger_nonce"
    | "trigger_reverts"
    | "trigger_replaced"
    | "tail_fees"
    | "tail_cost"
    | "tail_once"
    | "superseded"
    | "in_flight"
    | "nonce_unknown"
    | "foreign_pending"
    | "stale"
    | "stopping"
    | "stopped"
    | "simulation_unavailable"
    | "simulation_reverted"
    | "simulation_differs"
    | "algebra_fee_unsettled"
    | "gas_cap"
    | "gas_limit"
    | "fee_cap"
    | "gas_over_profit"
    | "below_min_profit"
    | "journal"
    | "signer"
    | "signer_halted"
    | "relay_simulation"
    | "channels"
    | "internal";
  readonly detail: string;
}

export const refusal = (code: Refusal["code"], detail = ""): Refusal => ({ code, detail });

export const textOf = ({ code, detail }: Refusal): string => (detail === "" ? code : `${code}: ${detail}`);
