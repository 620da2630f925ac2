import type { PendingTransaction } from "../../src/chain/types.ts";
import type { Decision } from "../../src/engine/decisions.ts";
import { createEngine, type Engine } from "../../src/engine/engine.ts";
import { predictEffects, type EffectsContext } from "../../src/mempool/effects.ts";
import type { StateView } from "../../src/market/stateView.ts";
import { createDecoder } from "../../src/mempool/decode.ts";
import { createPoolBook } from "../../src/mempool/poolBook.ts";
import type { DecodedTransaction } from "../../src/mempool/routerCall.ts";
import type { BenchCase, BenchContext } from "../harness/case.ts";
import { measureRounds } from "../harness/rounds.ts";
import { lessRow, multipleRow } from "../harness/rows.ts";
import type { Row } from "../harness/rows.ts";
import { compareMedians, measureSteps } from "../harness/steps.ts";
import { createPendingSwaps, type PendingSwap } from "../market/pendingSwaps.ts";
import { createPendingPeer } from "../references/pendingPeer.ts";
import type { PendingPeer } from "../references/pendingPeer.ts";
import { listThreeHops } from "../references/threeHops.ts";
import { takingTurns } from "./contenders.ts";
import { benchEngineOptions, benchHeader, POLYGON, blockWith, syncedEvent } from "./pendingEngine.ts";
import { restingMarket, type RestingMarket } from "./pendingMarket.ts";
import { WALLET } from "./plans.ts";

const SWAPS = 3_000;
/** Ours alone: the peer is too slow for as many. */
const WARM_UP = 1_500;
const QUICK_SWAPS = 80;
/** Swaps between two blocks: some fifteen a second. */
const BLOCK_SWAPS = 30;
const BUDGET_MS = 10_000;
/** Shares of the budget. */
const WHOLE = 0.6;
const PARTS = 0.1;

/** What the engine made of the swaps. */
interface Tally {
  opened: number;
  planned: number;
}

interface Followed {
  /** A swap alone on the block's state: a plan ends before the next comes, as one that missed its block. */
  step(transaction: PendingTransaction): void;
  /** To be called before each swap: a block in which nothing moved, now and then. */
  nextBlock(): void;
}

/** What the daemon decides when its first plan is out: here it belongs to the same time. */
const furtherOf = (engine: Engine, decisions: readonly Decision[]): readonly Decision[] =>
  decisions.flatMap((decision) => (decision.type === "further" ? engine.step({ ...decision, time: 0 }) : []));

/** An engine of the daemon's own options that stands on a block in which all is at rest. */
function followBy(market: RestingMarket, tally: Tally): Followed {
  const engine = createEngine(benchEngineOptions(market));
  engine.step(syncedEvent(market));
  let [swaps, blocks] = [0, 0];
  return {
    nextBlock: () => {
      if (swaps++ % BLOCK_SWAPS === 0) engine.step(blockWith(++blocks));
    },
    step: (transaction) => {
      const decisions = engine.step({ type: "pending", time: 0, transaction });
      if (decisions.length > 0) tally.opened++;
      const plans = decisions.filter(({ type }) => type === "submit");
      tally.planned += plans.length;
      for (const decision of [...decisions, ...furtherOf(engine, decisions)]) {
        if (decision.type !== "submit") continue;
        const { intentId } = decision;
        const ended = { fate: "missed", reason: "", block: null, transactionHash: null } as const;
        engine.step({ type: "outcome", time: 0, intentId, ...ended });
      }
    },
  };
}

interface Contest {
  readonly warmUp: readonly PendingSwap[];
  readonly swaps: readonly PendingSwap[];
  readonly peer: PendingPeer;
}

async function measureWhole(
  context: BenchContext,
  market: RestingMarket,
  { warmUp, swaps, peer }: Contest,
): Promise<readonly Row[]> {
  const tally: Tally = { opened: 0, planned: 0 };
  const ours = followBy(market, tally);
  for (const { transaction } of warmUp) {
    ours.nextBlock();
    ours.step(transaction);
  }
  Object.assign(tally, { opened: 0, planned: 0 });
  context.collect();
  const stepOf =
    (take: (transaction: PendingTransaction) => void) =>
    (i: number): void => {
      const transaction = swaps[i]?.transaction;
      if (transaction !== undefined) take(transaction);
    };
  const [fast, slow] = await measureSteps(
    [
      { name: "ours", step: stepOf((each) => ours.step(each)) },
      { name: "peer", step: stepOf((each) => void peer.run(each)) },
    ],
    // What is called before a step is not counted.
    { steps: swaps.length, budgetMs: context.budgetMs * WHOLE, chunk: 50, flush: () => ours.nextBlock() },
  );
  if (fast === undefined || slow === undefined) return [];
  const { steps, value, referenceValue } = compareMedians(fast, slow);
  context.check("some swaps open a plan", tally.planned > 0, `none of ${fast.done}`);
  const name = `pending: decode + effects + search, 2 to 4 hops, ${market.name}`;
  return [
    lessRow({
      name: `${name}: p50`,
      unit: "us",
      value,
      reference: "viem, STOCK3, 3 hops",
      referenceValue,
      bar: "value <= 300",
      note: `medians of ${steps} swaps; of ${fast.done}, ${tally.opened} opened a cycle and ${tally.planned} a plan`,
    }),
    multipleRow({
      name: `${name}: p99`,
      unit: "us",
      value: fast.micros.p99,
      reference: "its p50",
      referenceValue: fast.micros.p50,
      note: `p90 ${fast.micros.p90.toFixed(0)} us, slowest ${fast.micros.max.toFixed(0)} us; the peer's p99 is ${slow.micros.p99.toFixed(0)} us`,
    }),
  ];
}

interface Read {
  readonly transaction: PendingTransaction;
  readonly decoded: DecodedTransaction;
}

async function measureParts(
  context: BenchContext,
  market: RestingMarket,
  { swaps, peer }: Contest,
): Promise<readonly Row[]> {
  const [wrappedNative = "0x"] = market.bases;
  const decoder = createDecoder(POLYGON.routers, wrappedNative);
  const transactions = swaps.map(({ transaction }) => transaction);
  const read = transactions.flatMap((transaction): readonly Read[] => {
    const decoded = decoder.decode(transaction);
    return decoded.type === "decoded" ? [{ transaction, decoded }] : [];
  });
  const view = syncedEvent(market);
  const states: StateView = { stateOf: (pool) => market.stateOf(market.idOf(pool)) };
  const effects: EffectsContext = {
    book: createPoolBook(view.pools),
    wrappedNative,
    isTaxed: () => false,
    timestamp: benchHeader(2).timestamp,
  };
  const predict = ({ transaction, decoded }: Read) => predictEffects(decoded, transaction, states, effects);
  checkEffects(context, swaps, read.map(predict), market);
  const [ours, theirs, effect] = await measureRounds(
    [
      takingTurns("ours", transactions, (each) => decoder.decode(each).type.length),
      takingTurns("viem", transactions, (each) => peer.decode(each)?.path.length ?? 0),
      takingTurns("effects", read, (each) => predict(each).effects.length),
    ],
    { budgetMs: context.budgetMs * PARTS },
  );
  if (ours === undefined || theirs === undefined || effect === undefined) return [];
  return [
    lessRow({
      name: `pending: decode alone, strict`,
      unit: "us",
      value: ours.micros.p50,
      reference: "viem, its own calls only",
      referenceValue: theirs.micros.p50,
      note: "means over all swaps, medians of rounds",
    }),
    lessRow({
      name: `pending: effects alone, ${market.name}`,
      unit: "us",
      value: effect.micros.p50,
      reference: "decode alone",
      referenceValue: ours.micros.p50,
      note: "what is left of the whole is the search",
    }),
  ];
}

type Predicted = ReturnType<typeof predictEffects>;

/** The generator has quoted each swap by the pools' own arithmetic: it must be read, go through, and move those pools. */
function checkEffects(
  context: BenchContext,
  swaps: readonly PendingSwap[],
  predicted: readonly Predicted[],
  { pools }: RestingMarket,
): void {
  context.check(
    "every swap is read",
    predicted.length === swaps.length,
    `${predicted.length} of ${swaps.length}`,
  );
  const wrong = predicted.filter(({ effects, reverts, complete }, i) => {
    const moved = effects.map(({ pool }) => pool.address).join();
    const wanted = swaps[i]?.pools.map((pool) => pools[pool]?.address).join();
    return reverts !== null || !complete || moved !== wanted;
  });
  context.check("every swap moves the pools of its path", wrong.length === 0, `${wrong.length} do not`);
}

async function measure(context: BenchContext): Promise<readonly Row[]> {
  const market = restingMarket(context.market("11k mixed"));
  const next = createPendingSwaps(market, { seed: context.seed, routers: POLYGON.routers });
  const draw = (count: number): readonly PendingSwap[] => Array.from({ length: count }, next);
  const [warmUp, swaps] = [
    draw(context.quick ? QUICK_SWAPS : WARM_UP),
    draw(context.quick ? QUICK_SWAPS : SWAPS),
  ];
  const list = listThreeHops(market.pools, market.bases);
  const peer = createPendingPeer(market, POLYGON.routers, { wallet: WALLET, list });
  const contest = { warmUp, swaps, peer };
  return [
    ...(await measureWhole(context, market, contest)),
    ...(await measureParts(context, market, contest)),
  ];
}

export const pendingSearchCase: BenchCase = {
  name: "pending.search",
  about: "one pending router call in, what pays behind it out; nothing is signed",
  budgetMs: BUDGET_MS,
  run: measure,
};
