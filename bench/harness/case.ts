import type { PresetName } from "../market/generate.ts";
import type { RecordedMarket } from "../market/recorded.ts";
import type { LivingMarket } from "../market/types.ts";
import type { Flush } from "./caches.ts";
import type { Row } from "./rows.ts";

/** One thing that is measured, in a file of its own under `bench/cases`. */
export interface BenchCase {
  /** As `--only` takes it: `amm.amountOut`. */
  readonly name: string;
  /** One line above its table: what is done, and for what. */
  readonly about: string;
  /** How long it may take in a whole run; `--quick` gives a tenth. */
  readonly budgetMs: number;
  readonly run: (context: BenchContext) => readonly Row[] | Promise<readonly Row[]>;
}

export interface BenchContext {
  readonly seed: number;
  /** Small markets and few rounds: figures are no figures then, only the checks count. */
  readonly quick: boolean;
  /** The case's own, with `quick` taken into account. */
  readonly budgetMs: number;
  /** What is left of it; never below 0. */
  timeLeftMs(): number;
  /** A new market, the same for every call; with `quick` a small one in its place: name rows after `market.name`. */
  market(preset: PresetName): LivingMarket;
  /** The real markets; null where the data is absent. */
  recorded(): Promise<readonly RecordedMarket[] | null>;
  /** For flushed variants of a measurement. */
  readonly flush: Flush;
  /** Collects all garbage, so that a measurement does not pay for what came before. */
  collect(): void;
  /** A matter of right or wrong; any that fails makes the run fail. `detail` is shown then. */
  check(name: string, ok: boolean, detail?: string): void;
  /** A line below the case's table. */
  note(text: string): void;
}

export interface Check {
  readonly case: string;
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}
