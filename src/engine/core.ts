import { nextGasPrice, settledFees, type FeePolicy } from "../chain/fees.ts";
import type { Address, BlockHeader } from "../chain/types.ts";
import { createMarket, type Market } from "../market/market.ts";
import { createCalibration, type Calibration } from "../mempool/calibration.ts";
import { createNamedCycles, type NamedCycles } from "../search/hinted.ts";
import type { Opportunity } from "../search/opportunity.ts";
import { createScanSearch, type ScanSearchOptions } from "../search/scanSearch.ts";
import type { Search } from "../search/search.ts";
import { createStanding, type Standing } from "../search/standing.ts";
import type { UnauditedBlock } from "./audit.ts";
import type { Moment } from "./choice.ts";
import type { SubmitDecision } from "./decisions.ts";
import { createDesk, type Desk, type DeskOptions } from "./desk.ts";
import { createHints, type HintOptions, type Hints } from "./hints.ts";
import type { Asks } from "./hintAsks.ts";
import { createOpenBook, type OpenBook } from "./openBook.ts";
import { createTriggers, type TriggerOptions, type Triggers } from "./triggers.ts";

export interface EngineOptions extends DeskOptions, HintOptions {
  readonly search: ScanSearchOptions;
  readonly fees: FeePolicy;
  /** Blocks that a reorg may undo. */
  readonly journalDepth: number;
  /** Blocks that a cycle may stay profitable and untouched before it is taken for unreal. */
  readonly standingBlocks: number;
  readonly triggers: Pick<TriggerOptions, "routers" | "ours">;
}

/**
 * Opportunities of one block that are sized, judged and recorded, as long as enough of them pass for a plan: several
 * times what a plan holds. One dislocated pool of a hub opens hundreds, which the best of them close again.
 */
const MOST_LISTED = 16;

/** The engine's parts and what it remembers; changed by its steps only. */
export interface Core {
  readonly options: EngineOptions;
  readonly market: Market;
  readonly search: Search;
  readonly book: OpenBook;
  readonly standing: Standing;
  readonly desk: Desk;
  readonly triggers: Triggers;
  readonly named: NamedCycles;
  readonly hints: Hints;
  readonly calibration: Calibration;
  /** By intent, oldest first. */
  readonly inFlight: Map<string, SubmitDecision>;
  /** Pools that moved since the last search. */
  moved: Set<Address>;
  /** The newest block, until its transactions are known. */
  unaudited: UnauditedBlock | null;
  /** What only hints knew of the settled state when it was last decided on. */
  hinted: readonly Opportunity[];
  readonly asks: Asks;
  live: boolean;
  pendingSeen: number;
  lastLooked: number;
}

/** Now, for plans on the settled state. */
export function settledMoment(
  { options: { fees }, search, market }: Core,
  block: BlockHeader,
  expired: (() => boolean) | undefined,
): Moment {
  return {
    block,
    gasPrice: nextGasPrice(fees, block.baseFeePerGas),
    maxFeePerGas: settledFees(fees, block.baseFeePerGas).maxFeePerGas,
    prices: search.valuer(market),
    ...(expired && { expired }),
  };
}

export function createCore(options: EngineOptions): Core {
  const { search: searchOptions } = options;
  const market = createMarket({ journalDepth: options.journalDepth });
  const search = createScanSearch(searchOptions);
  const named = createNamedCycles(searchOptions);
  const book = createOpenBook(search, MOST_LISTED);
  const standing = createStanding(options.standingBlocks);
  return {
    options,
    market,
    search,
    book,
    standing,
    desk: createDesk(options, { market, search, standing }),
    triggers: createTriggers({ ...options.triggers, ...searchOptions }),
    named,
    hints: createHints({ ...options, apart: true }, { market, named, open: () => book.all() }),
    calibration: createCalibration(),
    inFlight: new Map(),
    moved: new Set(),
    unaudited: null,
    hinted: [],
    asks: { last: 0, block: null, told: new Map() },
    live: false,
    pendingSeen: 0,
    lastLooked: 0,
  };
}
