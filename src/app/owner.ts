import type { Address } from "../chain/types.ts";
import { fromDecimal } from "../chain/units.ts";
import type { OwnerPorts } from "../control/ports.ts";
import type { Limits } from "../engine/events.ts";
import type { Clock } from "../lib/clock.ts";
import { EXIT, PlainError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { Journal } from "../ledger/journal.ts";
import type { Config } from "./config.ts";

/** The owner's word over a running daemon. */
export interface Owner extends OwnerPorts {
  /** Why nothing may be sent, or null. */
  standstill(): string | null;
  paused(): string | null;
  halted(): string | null;
}

interface OwnerParts {
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
  readonly journal: Pick<Journal, "halt" | "currentHalt">;
  readonly loadConfig: () => Config;
  readonly setLogLevel: (level: Config["log"]["level"]) => void;
  limit(limits: Limits): void;
  letIn(pool: Address): void;
}

const NATIVE_DECIMALS = 18;

/** What a running daemon may take over from its file. */
interface Settings {
  readonly limits: { readonly minNet: bigint; readonly txFeeCap: bigint; readonly maxCyclesPerPlan: number };
  readonly level: Config["log"]["level"];
}

const settingsOf = ({ profit, fees, log }: Config): Settings => ({
  limits: {
    minNet: fromDecimal(profit.min_net_native, NATIVE_DECIMALS),
    txFeeCap: fromDecimal(fees.max_tx_fee_native, NATIVE_DECIMALS),
    maxCyclesPerPlan: profit.max_cycles_per_plan,
  },
  level: log.level,
});

/** The keys that `reload` takes over. */
const LIVE_KEYS = [
  "profit.min_net_native",
  "fees.max_tx_fee_native",
  "profit.max_cycles_per_plan",
  "log.level",
];

/** A pause is of this run; a halt is journaled and holds over restarts, until somebody resumes. */
export function createOwner(started: Config, parts: OwnerParts): Owner {
  const { journal, clock, log } = parts;
  let config = started;
  let { limits } = settingsOf(started);
  let paused: string | null = null;
  let halted = journal.currentHalt()?.reason ?? null;
  if (halted !== null)
    log.warn({ reason: halted }, "halted since before: nothing is sent until it is resumed");

  const set = (next: Settings["limits"]): void => {
    limits = next;
    parts.limit(next);
  };
  return {
    paused: () => paused,
    halted: () => halted,
    standstill: () => (halted !== null ? `halted: ${halted}` : paused !== null ? `paused: ${paused}` : null),
    pause: (reason) => {
      paused = reason;
      log.warn({ reason }, "paused");
    },
    halt: (reason) => {
      journal.halt({ action: "halt", reason, time: clock.now() });
      halted = reason;
      log.warn({ reason }, "halted");
    },
    resume: (reason) => {
      if (halted !== null) journal.halt({ action: "resume", reason, time: clock.now() });
      [halted, paused] = [null, null];
      log.warn({ reason }, "resumed");
    },
    lower: (asked) => set(lowered(limits, asked)),
    approve: (pool) => parts.letIn(`0x${pool.slice(2).toLowerCase()}`),
    reload: () => {
      const next = parts.loadConfig();
      const changed = changedKeys(config, next);
      const settings = settingsOf(next);
      if (changed.some((key) => LIVE_KEYS.includes(key))) set(settings.limits);
      parts.setLogLevel(settings.level);
      config = next;
      const taken = changed.filter((key) => LIVE_KEYS.includes(key));
      const needsRestart = changed.filter((key) => !LIVE_KEYS.includes(key));
      log.warn({ taken, needsRestart }, "configuration read again");
      return Promise.resolve({ taken, needsRestart });
    },
  };
}

/** Throws `PlainError` for a limit that would let more through than the one that holds. */
function lowered(held: Settings["limits"], asked: Parameters<OwnerPorts["lower"]>[0]): Settings["limits"] {
  const minNet = native(asked.min_net_native) ?? held.minNet;
  const txFeeCap = native(asked.max_tx_fee_native) ?? held.txFeeCap;
  const maxCyclesPerPlan = asked.max_cycles_per_plan ?? held.maxCyclesPerPlan;
  if (minNet < held.minNet || txFeeCap > held.txFeeCap || maxCyclesPerPlan > held.maxCyclesPerPlan)
    throw new PlainError(EXIT.usage, "limits can only be made stricter here; looser ones stand in the file");
  return { minNet, txFeeCap, maxCyclesPerPlan };
}

const native = (text: string | undefined): bigint | null =>
  text === undefined ? null : fromDecimal(text, NATIVE_DECIMALS);

/** Keys as `section.key`, of those that differ. */
function changedKeys(before: Config, after: Config): readonly string[] {
  const old = new Map(entriesOf(before));
  const fresh = entriesOf(after);
  return fresh.filter(([key, value]) => old.get(key) !== value).map(([key]) => key);
}

const entriesOf = (config: Config): readonly (readonly [key: string, value: string])[] =>
  Object.entries(config).flatMap(([section, values]): (readonly [string, string])[] =>
    typeof values === "object" && !Array.isArray(values)
      ? Object.entries(values).map(([key, value]) => [`${section}.${key}`, JSON.stringify(value)] as const)
      : [[section, JSON.stringify(values)] as const],
  );
