import type { SubmitDecision } from "../../src/engine/decisions.ts";
import type { OutcomeEvent } from "../../src/engine/events.ts";
import { POLYGON_FEES } from "../../src/chain/fees.ts";
import type { Address } from "../../src/chain/types.ts";
import type { ExecutionOptions, ExecutionParts, Stage } from "../../src/execution/context.ts";
import { POLYGON_GAS } from "../../src/execution/gas.ts";
import { silentLog } from "../../src/lib/log.ts";

export const optionsOf = (executor: Address, changes: Partial<ExecutionOptions> = {}): ExecutionOptions => ({
  chainId: 137,
  executor,
  fees: POLYGON_FEES,
  gas: POLYGON_GAS,
  graceBlocks: 0,
  backrun: { enabled: true, tail: true, simulate: "before" },
  race: null,
  racePercentile: 90,
  leastProfitPpm: 1_000_000n,
  blockSeconds: [1, 2],
  // Far above what anything takes, so that a loaded machine changes no fate.
  rpcTimeoutMs: 20_000,
  signTimeoutMs: 20_000,
  sendTimeoutMs: 20_000,
  relaySimulation: false,
  confirmations: 0,
  cancelAfterBlocks: 3,
  stopMs: 1000,
  ...changes,
});

type Heard = Pick<OutcomeEvent, "intentId" | "fate" | "reason" | "block">;

/** Parts that keep what they hear. */
export function listenerParts() {
  const outcomes: Heard[] = [];
  const stages: Stage[] = [];
  /** Microseconds from each decision to the moment when its bytes went to the channels. */
  const sentMicros: number[] = [];
  const parts = {
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    log: silentLog,
    feePpmOf: () => 3000,
    stopped: (): string | null => null,
    onOutcome: ({ intentId, fate, reason, block }: OutcomeEvent) => {
      outcomes.push({ intentId, fate, reason, block });
    },
    onTiming: (stage: Stage, micros: number) => {
      stages.push(stage);
      if (stage === "sent") sentMicros.push(micros);
    },
  } satisfies Partial<ExecutionParts>;
  return { parts, outcomes, stages, sentMicros, fates: () => outcomes.map(({ fate }) => fate) };
}

/** A decision's predicted profit in its one base. */
export const profitOf = ({ plan }: SubmitDecision): bigint =>
  plan.opportunities.reduce((sum, { profit }) => sum + profit, 0n);
