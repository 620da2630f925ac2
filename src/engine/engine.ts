import type { Address, BlockHeader, BlockRef, ChainLog } from "../chain/types.ts";
import type { Market } from "../market/market.ts";
import type { CalibrationRow } from "../mempool/calibration.ts";
import type { Valuer } from "../search/prices.ts";
import { beforeBlock } from "./audit.ts";
import { foreseen, further, mined, pending } from "./backruns.ts";
import { createCore, settledMoment, type Core, type EngineOptions } from "./core.ts";
import { ask } from "./hintAsks.ts";
import { shareOf } from "./hintOffer.ts";
import { keep, offerAt, outcomesOf, toldOf } from "./hintSteps.ts";
import type { Decision, SubmitDecision } from "./decisions.ts";
import type { CommittedEvent, EngineEvent, OutcomeEvent, RepairedEvent, SyncedEvent } from "./events.ts";

export type { EngineOptions } from "./core.ts";

/** What the engine knows about itself: for status lines and the ledger. */
export interface EngineStatus {
  readonly live: boolean;
  readonly cycles: number;
  readonly pendingSeen: number;
  /** How many pending transactions went further than is looked at. */
  readonly tooFar: number;
  readonly openOpportunities: number;
  readonly lastLooked: number;
  /** Plans of which the outcome is awaited. */
  readonly inFlight: number;
  /** Hints that are kept. */
  readonly hints: number;
}

/**
 * The deterministic middle: events in, decisions out. It has no clock, no promise and no randomness, so the same
 * events give the same decisions. `expired` bounds one step; without it a step always runs to its end.
 */
export interface Engine {
  step(event: EngineEvent, expired?: () => boolean): readonly Decision[];
  readonly status: EngineStatus;
  /** Read only: the live pool graph. */
  readonly market: Pick<Market, "head" | "pools" | "stateOf" | "tainted">;
  /** Prices in the live state, while it stands still. */
  valuer(): Valuer;
  /** How predictions for pending transactions have held, by their kind. */
  calibration(): readonly CalibrationRow[];
}

export function createEngine(options: EngineOptions): Engine {
  const core = createCore(options);
  return {
    market: core.market,
    step: (event, expired) => step(core, event, expired),
    valuer: () => core.search.valuer(core.market),
    calibration: () => core.calibration.rows(),
    get status() {
      const { live, pendingSeen, lastLooked, search, book } = core;
      return {
        live,
        cycles: search.cycleCount,
        pendingSeen,
        tooFar: core.triggers.tooFar,
        openOpportunities: book.all().length,
        lastLooked,
        inFlight: core.inFlight.size,
        hints: core.hints.size,
      };
    },
  };
}

function step(core: Core, event: EngineEvent, expired?: () => boolean): readonly Decision[] {
  switch (event.type) {
    case "synced":
      return synced(core, event);
    case "committed":
      return committed(core, event, expired);
    case "reverted":
      return reverted(core, event.block);
    case "gap":
      core.live = false;
      return [];
    case "repaired":
      return repaired(core, event);
    case "mined":
      return mined(core, event, expired);
    case "pending":
      return pending(core, event, expired);
    case "foreseen":
      return foreseen(core, event, expired);
    case "further":
      return further(core, event, expired);
    case "hint":
      return event.use === "keep" ? keep(core, event) : ask(core, event, expired);
    case "unhint":
      for (const id of event.ids) core.hints.drop(id);
      return [];
    case "limits":
      core.desk.limit(event);
      return [];
    case "outcome":
      return outcome(core, event);
  }
}

function note(core: Core, changed: readonly Address[]): void {
  for (const pool of changed) core.moved.add(pool);
  core.hints.moved(changed);
}

/**
 * Starts afresh. Everything is searched here, to the end: a block's budget may be too short for it, and would be so
 * again with the next. The first decision comes with the next block, since this one may be old by now.
 */
function synced(core: Core, { block, pools }: SyncedEvent): readonly Decision[] {
  const { market, search, book } = core;
  const before = [...market.pools.keys()];
  market.load(block, pools);
  search.removePools(before.filter((pool) => !market.pools.has(pool)));
  search.addPools(pools.map(({ pool }) => pool));
  core.triggers.load(pools);
  core.hints.load(pools.map(({ pool }) => pool));
  core.hinted = [];
  core.unaudited = null;
  book.update(market, "all", { enough: () => false });
  core.moved = new Set();
  core.standing.clear();
  core.live = true;
  return [];
}

function committed(core: Core, event: CommittedEvent, expired?: () => boolean): readonly Decision[] {
  const { block } = event;
  const before = beforeBlock(block, event.logs, core.market);
  const result = core.market.commit(block, event.logs, event.fees);
  if (!result.ok) {
    if (result.reason === "duplicate" || result.reason === "behind") return [];
    core.live = false;
    return [{ type: "resync", reason: result.reason }];
  }
  for (const pool of event.tainted) core.market.taint(pool, "logs of a block could not be proven complete");
  note(core, result.changed);
  land(core, event.logs, block);
  core.unaudited = before;
  const repairs = repairOf(core.market, block);
  if (!event.atHead) return repairs;
  core.live = true;
  return [...repairs, ...decide(core, block, expired)];
}

/**
 * What has moved our pools is in the block: it waits no more, and whom it called is looked at from now on. All that the
 * block holds is told later, and only of the newest of several.
 */
function land({ triggers }: Core, logs: readonly ChainLog[], { number }: BlockRef): void {
  const hashes = logs
    .map(({ transactionHash }) => transactionHash)
    .filter((hash, i, all) => hash !== all[i - 1]);
  for (const hash of hashes) triggers.learn(hash);
  triggers.spend(hashes, number);
}

function decide(core: Core, block: BlockHeader, expired?: () => boolean): readonly Decision[] {
  const { market, book, desk, inFlight, hints } = core;
  const { journalDepth } = core.options;
  const changed = [...core.moved];
  const moment = settledMoment(core, block, expired);
  const offer = offerAt(core, moment);
  const update = book.update(market, changed, { enough: desk.enough(moment), ...(expired && { expired }) });
  const { fresh, unlisted, complete, looked } = update;
  core.lastLooked = looked;
  // What an expired search did not reach is looked at again with the next block.
  if (complete) core.moved = new Set();
  const decisions = desk.decide({
    ...moment,
    open: book.all(),
    fresh,
    unlisted,
    changed,
    hints: offer,
    hintsKept: hints.size,
  });
  core.hinted = offer === null ? [] : shareOf(offer, book.all()).only;
  for (const decision of decisions) if (decision.type === "submit") inFlight.set(decision.intentId, decision);
  forget(inFlight, block.number - journalDepth);
  return offer === null
    ? decisions
    : [...decisions, ...toldOf(core, decisions, block), ...outcomesOf(core, "offer", block)];
}

/** A plan whose outcome nobody tells (a halted ledger, a stopped sender) is not kept for ever. */
function forget(inFlight: Map<string, SubmitDecision>, below: number): void {
  for (const [intentId, { targetBlock }] of inFlight) {
    if (targetBlock > below) return;
    inFlight.delete(intentId);
  }
}

function reverted(core: Core, block: BlockRef): readonly Decision[] {
  const result = core.market.revert(block);
  if (result.ok) note(core, result.changed);
  else if (result.reason === "too_deep") return [{ type: "resync", reason: "reorg too deep" }];
  return [];
}

function repaired(core: Core, { block, pools }: RepairedEvent): readonly Decision[] {
  if (core.market.head?.hash !== block.hash) return [];
  for (const { address, state } of pools) {
    // Where a price is gone the node may be at fault: it is asked again. Where none was, there is nothing to doubt.
    if (state !== null || core.market.stateOf(address) === null) core.market.repair(address, state);
  }
  note(
    core,
    pools.map(({ address }) => address),
  );
  return [];
}

/** Refusals that speak against the trigger, or against what we read in it. */
const TRIGGER_DISBELIEF = /^(simulation_(reverted|differs)|trigger_(reverts|bytes|nonce: 0x))/;

/** Refusals that speak against the plan itself, not against the moment. */
const DISBELIEF = /^simulation_(reverted|differs)/;

function outcome(core: Core, { intentId, fate, reason }: OutcomeEvent): readonly Decision[] {
  const plan = core.inFlight.get(intentId)?.plan;
  if (plan === undefined) return [];
  if (fate !== "unknown") core.inFlight.delete(intentId);
  if (plan.trigger.type === "pending") {
    // It may as well be the trigger that does something else: its cycles are not blamed.
    if (TRIGGER_DISBELIEF.test(reason)) core.triggers.disbelieve(plan.trigger.hash);
    return [];
  }
  const { head } = core.market;
  return DISBELIEF.test(reason) && head !== null ? core.desk.disbelieve(plan, reason, head) : [];
}

function repairOf(market: Market, block: BlockHeader): readonly Decision[] {
  if (market.tainted.size === 0) return [];
  const pools = [...market.tainted.keys()];
  return [{ type: "repair", pools, block: { number: block.number, hash: block.hash } }];
}
