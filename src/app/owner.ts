import type { Address } from "../chain/types.ts";
import { fromDecimal } from "../chain/units.ts";
import type { OwnerPorts } from "../control/ports.ts";
import type { Limits } from "../engine/events.ts";
import type { Clock } from "../lib/clock.ts";
import { EXIT, PlainError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { Journal } from "../ledger/journal.ts";
import type { Config } from "./config.ts";

type HeldLimits = { readonly [Key in keyof Limits]: NonNullable<Limits[Key]> };

/** The owner's word over a running daemon. */
export interface Owner extends OwnerPorts {
  /** Why nothing may be sent, or null. */
  standstill(): string | null;
  paused(): string | null;
  halted(): string | null;
  /** Those that hold now. */
  limits(): HeldLimits;
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
  readonly limits: HeldLimits;
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

/** The keys that `reload` may take over, each with what it sets. */
const LIVE = new Map<string, (settings: Settings) => unknown>([
  ["profit.min_net_native", ({ limits }) => limits.minNet],
  ["fees.max_tx_fee_native", ({ limits }) => limits.txFeeCap],
  ["profit.max_cycles_per_plan", ({ limits }) => limits.maxCyclesPerPlan],
  ["log.level", ({ level }) => level],
]);

/** Live keys in which the two differ. */
const differing = (a: Settings, b: Settings): readonly string[] =>
  [...LIVE].filter(([, valueOf]) => valueOf(a) !== valueOf(b)).map(([key]) => key);

/** A pause is of this run; a halt is journaled and holds over restarts, until somebody resumes. */
export function createOwner(started: Config, parts: OwnerParts): Owner {
  const { journal, clock, log } = parts;
  let held = settingsOf(started);
  /**
   * What no file loosens before the next start: the limits that were lowered, and the fee cap, which the signer's own
   * policy keeps as it was at the start. That policy is the last thing before the key: nothing changes it.
   */
  let bounds: HeldLimits = { minNet: 0n, txFeeCap: held.limits.txFeeCap, maxCyclesPerPlan: Infinity };
  let paused: string | null = null;
  let halted = journal.currentHalt()?.reason ?? null;
  if (halted !== null)
    log.warn({ reason: halted }, "halted since before: nothing is sent until it is resumed");

  const hold = (next: Settings): void => {
    held = next;
    parts.limit(next.limits);
  };
  return {
    paused: () => paused,
    halted: () => halted,
    limits: () => held.limits,
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
    lower: (asked) => {
      const limits = withAsked(held.limits, asked);
      if (isLooser(limits, held.limits))
        throw new PlainError(
          EXIT.usage,
          "limits can only be made stricter here; looser ones stand in the file",
        );
      bounds = withAsked(bounds, asked);
      hold({ ...held, limits });
    },
    approve: (pool) => parts.letIn(`0x${pool.slice(2).toLowerCase()}`),
    reload: () => {
      const config = parts.loadConfig();
      const file = settingsOf(config);
      const next = { ...file, limits: withinBounds(file.limits, held.limits, bounds) };
      const taken = differing(held, next);
      const needsRestart = [
        ...changedKeys(started, config).filter((key) => !LIVE.has(key)),
        ...differing(next, file),
      ];
      parts.setLogLevel(next.level);
      if (taken.length > 0) hold(next);
      log.warn({ taken, needsRestart }, "configuration read again");
      return Promise.resolve({ taken, needsRestart });
    },
  };
}

/** Each limit of the file that stays within the bounds; where it does not, the one that holds. */
const withinBounds = (file: HeldLimits, held: HeldLimits, bounds: HeldLimits): HeldLimits => ({
  minNet: file.minNet < bounds.minNet ? held.minNet : file.minNet,
  txFeeCap: file.txFeeCap > bounds.txFeeCap ? held.txFeeCap : file.txFeeCap,
  maxCyclesPerPlan:
    file.maxCyclesPerPlan > bounds.maxCyclesPerPlan ? held.maxCyclesPerPlan : file.maxCyclesPerPlan,
});

/** Whether one of the limits lets more through than the one that holds. */
const isLooser = (limits: HeldLimits, held: HeldLimits): boolean =>
  limits.minNet < held.minNet ||
  limits.txFeeCap > held.txFeeCap ||
  limits.maxCyclesPerPlan > held.maxCyclesPerPlan;

const withAsked = (limits: HeldLimits, asked: Parameters<OwnerPorts["lower"]>[0]): HeldLimits => ({
  minNet: native(asked.min_net_native) ?? limits.minNet,
  txFeeCap: native(asked.max_tx_fee_native) ?? limits.txFeeCap,
  maxCyclesPerPlan: asked.max_cycles_per_plan ?? limits.maxCyclesPerPlan,
});

const native = (text: string | undefined): bigint | null =>
  text === undefined ? null : fromDecimal(text, NATIVE_DECIMALS);

/** Keys as `section.key`, of those that differ; also those that only one of the two has. */
function changedKeys(before: Config, after: Config): readonly string[] {
  const old = new Map(entriesOf(before));
  const fresh = new Map(entriesOf(after));
  return [...new Set([...old.keys(), ...fresh.keys()])].filter((key) => old.get(key) !== fresh.get(key));
}

const entriesOf = (config: Config): readonly (readonly [key: string, value: string])[] =>
  Object.entries(config).flatMap(([section, values]): (readonly [string, string])[] =>
    typeof values === "object" && !Array.isArray(values)
      ? Object.entries(values).map(([key, value]) => [`${section}.${key}`, JSON.stringify(value)] as const)
      : [[section, JSON.stringify(values)] as const],
  );
