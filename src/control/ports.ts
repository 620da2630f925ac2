import type { Token } from "../chain/types.ts";
import type { Decision } from "../engine/decisions.ts";
import type { EngineEvent, HintEvent, UnhintEvent } from "../engine/events.ts";
import type { Market } from "../market/market.ts";
import type { Valuer } from "../search/prices.ts";
import type { DaemonStatus, Params } from "./protocol.ts";

/** What this room may ask of the daemon. It sees no clock, file or key of the daemon's but through here. */
export interface ControlPorts {
  readonly market: Pick<Market, "head" | "pools" | "stateOf" | "tainted">;
  readonly tokens: ReadonlyMap<Token["address"], Token>;
  /** Names of exchanges, as the registry has them. */
  readonly dexes: readonly string[];
  /** Tokens that count as one US dollar. */
  readonly usd: readonly Token["address"][];
  /** Prices in the state of now. */
  valuer(): Valuer;
  /** One event through the engine, like any other: recorded, carried out and journaled. */
  take(event: HintEvent | UnhintEvent): readonly Decision[];
  status(): DaemonStatus;
  /** In Prometheus' text form. */
  metrics(): Promise<string>;
  /** As `turbo-mev why --json` prints it; null: nothing of that name. */
  why(id: string): unknown;
  readonly owner: OwnerPorts;
}

/** What only the owner may ask for. All take effect before they return; errors are `PlainError`s. */
export interface OwnerPorts {
  pause(reason: string): void;
  resume(reason: string): void;
  halt(reason: string): void;
  /** Says what was taken over, and which keys of the file do not hold before a restart. */
  reload(): Promise<{ readonly taken: readonly string[]; readonly needsRestart: readonly string[] }>;
  lower(limits: Params<"limits.lower">): void;
  approve(pool: string): void;
}

/** The room listens to everything that the engine decides: hints have their fate from there. */
export interface ControlListener {
  onStep(event: EngineEvent, decisions: readonly Decision[]): void;
}
