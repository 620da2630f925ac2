import { backrunFees, baseFeeBound, effectiveGasPrice, nextGasPrice, settledFees } from "../chain/fees.ts";
import type { BlockHeader, Hash } from "../chain/types.ts";
import { auditBlock, type Finding } from "./audit.ts";
import type { Moment } from "./choice.ts";
import type { Core } from "./core.ts";
import type { BehindRequest } from "./behind.ts";
import type { Decision, SubmitDecision } from "./decisions.ts";
import type { ForeseenEvent, FurtherEvent, MinedEvent, PendingEvent } from "./events.ts";
import type { Opportunity } from "../search/opportunity.ts";
import { offerBehind, review, settledOf, toldOf } from "./hintSteps.ts";
import { refOf } from "./judging.ts";
import type { Row, Watched } from "./triggers.ts";

/** The steps that concern pending transactions. Settled state is decided on in `engine`. */

/**
 * Opportunities behind one transaction that are sized, judged and recorded, as long as one of them makes a plan: what it
 * leaves to the others, a search behind it tells. Of 320 plans two brought a ten-millionth less than one, and took a sixth
 * of a millisecond more.
 */
const MOST_LISTED = 1;
/** Transactions that still wait after a block and are looked at again, newest first. */
const MOST_AGAIN = 32;
/** Of these, simulations that are asked for. */
const MOST_FORESEEN = 8;
/** Those that wait of which is asked, to find as many, whether they can be mined. */
const MOST_ASKED = 256;

type Expired = (() => boolean) | undefined;

export function pending(core: Core, { transaction }: PendingEvent, expired: Expired): readonly Decision[] {
  core.pendingSeen++;
  const { head } = core.market;
  const kind = core.triggers.take(transaction, head?.number ?? 0);
  if (kind === "nothing" || head === null || !isReady(core)) return [];
  const place = placeOf(core, transaction.hash, head);
  if (place === null) return [];
  if (kind === "opaque") return [{ type: "foresee", transaction, parent: refOf(head) }];
  return decideBehind(core, place, head, { expired, inHaste: goesInHaste(core) });
}

/** Whether anything is decided behind pending transactions; what they do is followed in any case. */
const isReady = ({ live, options }: Core): boolean => live && options.backruns !== null;

export function foreseen(core: Core, event: ForeseenEvent, expired: Expired): readonly Decision[] {
  const { head } = core.market;
  const waitedFor = core.triggers.foreseen(event.hash, event.parent.hash, event.logs);
  if (!waitedFor || head === null || !isReady(core) || head.hash !== event.parent.hash) return [];
  const place = placeOf(core, event.hash, head);
  return place === null ? [] : decideBehind(core, place, head, { expired, inHaste: goesInHaste(core) });
}

/**
 * In bundles the first cycle goes out at once, and a better plan takes its place when the rest is known: to look for that
 * first takes three tenths of a millisecond, and behind three swaps of five there is no more. A tail is sent once, whole.
 */
const goesInHaste = ({ options: { submits, backruns } }: Core): boolean =>
  submits && backruns?.way === "bundle";

/** What more pays behind a transaction, as long as nothing speaks against what went out first. */
export function further(core: Core, { hash, parent }: FurtherEvent, expired: Expired): readonly Decision[] {
  const { market, triggers } = core;
  const { head } = market;
  if (head === null || head.hash !== parent.hash || !isReady(core)) return [];
  if (triggers.watchedOf(hash)?.failures !== 0) return [];
  const place = placeOf(core, hash, head);
  return place === null ? [] : decideBehind(core, place, head, { expired, further: true });
}

/** What is under way for the same block. A bundle around something that was superseded comes to nothing: it is no rival. */
const rivalsOf = ({ inFlight, triggers, options }: Core, head: BlockHeader): readonly SubmitDecision[] =>
  [...inFlight.values()].filter(
    ({ targetBlock, behind }) =>
      targetBlock === head.number + 1 &&
      (options.backruns?.way !== "bundle" || behind.every(({ hash }) => triggers.waits(hash))),
  );

/**
 * The predictions of the block are checked, its transactions forgotten, and those that still wait looked at again; then
 * the hints that the search covers.
 */
export function mined(
  core: Core,
  { block, transactions }: MinedEvent,
  expired: Expired,
): readonly Decision[] {
  const { market, triggers, unaudited } = core;
  const { head } = market;
  if (head === null || head.hash !== block.hash) {
    // The answer came late: what was in the block waits no more. With another block in its place it may wait again.
    if (head !== null && block.number < head.number) triggers.spend(transactions, block.number);
    return [];
  }
  const findings =
    unaudited?.block.hash === block.hash
      ? auditBlock(unaudited, transactions, {
          market,
          context: triggers.contextAt(head.timestamp),
          watchedOf: (hash) => triggers.watchedOf(hash),
        })
      : [];
  core.unaudited = null;
  triggers.mined(head, transactions);
  const predictions = findings.map((finding) => note(core, finding, head));
  const decisions = isReady(core) ? [...predictions, ...again(core, head, expired)] : predictions;
  return [...decisions, ...review(core, head, expired)];
}

function note(
  { calibration }: Core,
  { watched, verdict, detail, suspect }: Finding,
  head: BlockHeader,
): Decision {
  const { contract, functionName, transaction } = watched;
  const key = keyOf(watched);
  calibration.note(key, verdict, suspect ? transaction.from : null);
  return {
    type: "prediction",
    transactionHash: transaction.hash,
    contract,
    functionName,
    verdict,
    detail,
    confidenceFloat: calibration.confidenceFloat(key),
    block: refOf(head),
  };
}

const keyOf = ({ contract, functionName }: Watched): string => `${contract}.${functionName}`;

function again(core: Core, head: BlockHeader, expired: Expired): readonly Decision[] {
  const decisions: Decision[] = [];
  let looked = 0;
  let simulated = 0;
  for (const { transaction, knowledge } of core.triggers.waiting(MOST_ASKED)) {
    if (looked === MOST_AGAIN || expired?.() === true) break;
    // What cannot be mined takes no turn from what can.
    const place = placeOf(core, transaction.hash, head);
    if (place === null) continue;
    looked++;
    if (knowledge.type === "read") decisions.push(...decideBehind(core, place, head, { expired }));
    else if (simulated++ < MOST_FORESEEN)
      decisions.push({ type: "foresee", transaction, parent: refOf(head) });
  }
  return decisions;
}

interface Manner extends Pick<BehindRequest, "inHaste" | "further"> {
  readonly expired: Expired;
}

function decideBehind(
  core: Core,
  { row, gasPrice, maxFeePerGas }: Place,
  head: BlockHeader,
  { expired, inHaste, further: follows }: Manner,
): readonly Decision[] {
  const { market, search, desk, triggers, calibration, inFlight, options } = core;
  const state = triggers.moveOf(row, market, head.timestamp + options.blockSeconds);
  if (state === null) return [];
  const moment = { block: head, gasPrice, maxFeePerGas, prices: search.valuer(state), expired };
  const { watched, behind } = row;
  const leastFloat = leastWorthFloat(core, moment);
  const makesPlan = desk.enough(moment, 1);
  const isLittle = ({ profitNativeFloat }: Opportunity): boolean => profitNativeFloat < leastFloat;
  const answer = search.run({
    view: state,
    changed: [...core.moved, ...state.changed],
    atRest: false,
    whatIf: true,
    limit: MOST_LISTED,
    enough: (found) => makesPlan(found) || found.slice(-MOST_LISTED).every(isLittle),
    expired,
  });
  const found = answer.opportunities;
  const hinted = offerBehind(core, state, { ...moment, leastFloat }, found);
  const fresh = [...found, ...(hinted?.only ?? [])];
  if (fresh.length === 0) return [];
  const decisions = desk.decideBehind({
    block: head,
    gasPrice,
    maxFeePerGas,
    prices: moment.prices,
    expired,
    inHaste,
    further: follows,
    trigger: { type: "pending", hash: watched.transaction.hash },
    behind,
    state,
    fresh,
    untouched: settledOf(core).filter(
      (item) => !isLittle(item) && !item.hops.some(({ pool }) => state.isChanged(pool)),
    ),
    unlisted: answer.unlisted,
    hinted,
    confidenceFloat: calibration.confidenceFloat(keyOf(watched)),
    rivals: rivalsOf(core, head),
  });
  for (const decision of decisions) if (decision.type === "submit") inFlight.set(decision.intentId, decision);
  return [...decisions, ...toldOf(core, decisions, head)];
}

/** Share of the gas that a price may have moved since a settled cycle was found. */
const DRIFT = 0.9;

/** Wei of native: what earns less does not even pay for the gas of the shortest cycle beside others in a plan. */
function leastWorthFloat({ options }: Core, { gasPrice }: Moment): number {
  const { perCycle, perHop } = options.gates.gas;
  const hop = Math.min(...Object.values(perHop).map(Number));
  return DRIFT * (Number(perCycle) + 2 * hop) * Number(gasPrice);
}

/** What is asked before anything is worked out: the row of a transaction that may be mined next, and what we would pay. */
interface Place extends Pick<Moment, "gasPrice" | "maxFeePerGas"> {
  readonly row: Row;
}

/** Null: the transaction, or one before it, cannot be in the next block, or not in a bundle. */
function placeOf({ options, triggers }: Core, hash: Hash, block: BlockHeader): Place | null {
  const row = triggers.rowOf(hash);
  if (row === null) return null;
  const { behind } = row;
  const { fees, backruns } = options;
  const way = backruns?.way;
  const bound = baseFeeBound(block.baseFeePerGas, fees.baseFeeStepPpm, 1);
  const bid = backrunFees(behind);
  if (bid === null || bid.maxFeePerGas < bound) return null;
  if (way === "bundle" && behind.some(({ signed }) => signed === null)) return null;
  const settled = settledFees(fees, block.baseFeePerGas);
  const tail = way === "tail";
  return {
    row,
    gasPrice: tail ? effectiveGasPrice(bid, bound) : nextGasPrice(fees, block.baseFeePerGas),
    maxFeePerGas: tail ? bid.maxFeePerGas : settled.maxFeePerGas,
  };
}
