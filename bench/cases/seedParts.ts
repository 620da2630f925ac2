import { SimpleMerkleTree } from "@openzeppelin/merkle-tree";
import type { Hash, Hex } from "../../src/chain/types.ts";
import { createBundle, ourTransaction, verifyBundle } from "../../src/execution/bundle.ts";
import type { Keccak256 } from "../../src/execution/keccak256.ts";
import { createMerkleTree, verifyMerkleProof } from "../../src/execution/merkleTree.ts";
import { createSizer } from "../../src/search/scan/sizer.ts";
import { pairTokens } from "../../src/search/scan/tokenPairs.ts";
import type { BenchContext } from "../harness/case.ts";
import { measureRounds } from "../harness/rounds.ts";
import { lessRow } from "../harness/rows.ts";
import type { Row } from "../harness/rows.ts";
import { createRandom } from "../market/random.ts";
import type { BenchMarket } from "../market/types.ts";
import { buildPairGraph, bundleOfOne, indexPairs } from "../references/seedCounterparts.ts";
import { findSeedArbitrage, seedGraph } from "../references/seedPipeline.ts";
import type { SeedBundler, SeedOpportunity, SeedPair } from "../references/seedPipeline.ts";
import { exactChain, exactHop } from "../references/sizing.ts";
import { ternary } from "../references/ternary.ts";
import { listThreeHops } from "../references/threeHops.ts";
import { takingTurns } from "./contenders.ts";
import { tableOf } from "./sizingSample.ts";
import type { SampleCycle } from "./sizingSample.ts";

/* What the seed document gives figures for, each against its own algorithm; milliseconds. */

export const PAIRS = 1000;
const ROUTES = 1000;
const LEAVES = 100;
const CHAIN_ID = 137;
const TARGET_BLOCK = 70_000_001;
/** Routes whose size is compared with a search by quotes. */
const CHECKED_ROUTES = 50;

export const seedPairs = ({ pools, states }: BenchMarket): readonly SeedPair[] =>
  pools.slice(0, PAIRS).map(({ token0, token1, dex }, i) => ({
    token0,
    token1,
    dex,
    liquidity_usd: 1_000_000,
    fee_bps: Math.round((states[i]?.feePpm ?? 3000) / 100),
  }));

export const milliseconds = (micros: number | undefined): number => (micros ?? NaN) / 1000;

/** A contender that does one and the same thing each time. */
const always = (name: string, work: () => number) => takingTurns(name, [0], work);

export async function graphRows(
  context: BenchContext,
  market: BenchMarket,
  budgetMs: number,
): Promise<readonly Row[]> {
  const pairs = seedPairs(market);
  const pools = market.pools.slice(0, PAIRS);
  const graph = buildPairGraph(indexPairs(pairs));
  const entries = [...seedGraph(pairs).values()].reduce((sum, near) => sum + near.length, 0);
  context.check("both graphs have as many neighbours", graph.near.length === entries);
  const [ours, product, seed] = await measureRounds(
    [
      always("integers", () => buildPairGraph(indexPairs(pairs)).near.length),
      always("pairTokens", () => pairTokens(pools, market.bases).pairs),
      always("seed", () => seedGraph(pairs).size),
    ],
    { budgetMs },
  );
  const reference = {
    unit: "ms",
    reference: "seed: map of lists of texts",
    referenceValue: milliseconds(seed?.micros.p50),
  };
  return [
    lessRow({
      ...reference,
      name: `graph of ${pairs.length} pairs`,
      value: milliseconds(ours?.micros.p50),
      bar: "value <= 0.1",
      note: "tokens to integers and neighbours in typed arrays: the same job; parsing of JSON left out on both sides",
    }),
    lessRow({
      ...reference,
      name: `the scan's own graph of ${pairs.length} pairs`,
      value: milliseconds(product?.micros.p50),
      note: "pairTokens: pools gathered by pair and sorted too, for the index of cycles",
    }),
  ];
}

/** Routes of three V2 pools, each made to pay by 1 to 3 %: the last pool holds as much more of the base. */
function payingRoutes(market: BenchMarket, seed: number): readonly SampleCycle[] {
  const list = listThreeHops(market.pools, market.bases);
  const random = createRandom(seed, "routes");
  const base = market.tokens.find(({ address }) => address === market.bases[0]);
  if (base === undefined) throw new RangeError("a market has a first base");
  return Array.from({ length: ROUTES }, () => {
    const at = random.below(list.count);
    const hops = [...list.edges.subarray(3 * at, 3 * at + 3)].map((edge) => {
      const [state, pool] = [market.states[edge >> 1], market.pools[edge >> 1]];
      if (state?.kind !== "v2" || pool === undefined) throw new RangeError("a market of V2 pools");
      const zeroForOne = edge % 2 === 0;
      const [reserveIn, reserveOut] = zeroForOne
        ? [state.reserve0, state.reserve1]
        : [state.reserve1, state.reserve0];
      const token = zeroForOne ? pool.token0 : pool.token1;
      return { reserveIn, reserveOut, feePpm: state.feePpm, token };
    });
    const rate = hops.reduce(
      (product, { reserveIn, reserveOut, feePpm }) =>
        product * (Number(reserveOut) / Number(reserveIn)) * (1 - feePpm / 1e6),
      1,
    );
    const more = random.between(1.01, 1.03) / rate;
    const legs = hops.map(({ reserveIn, reserveOut, feePpm }, i) => {
      const reserve1 = i < 2 ? reserveOut : BigInt(Math.round(Number(reserveOut) * more));
      return { state: { kind: "v2", feePpm, reserve0: reserveIn, reserve1 } as const, zeroForOne: true };
    });
    return { legs, base, tokens: hops.map(({ token }) => token) };
  });
}

export async function routeRows(
  context: BenchContext,
  market: BenchMarket,
  budgetMs: number,
): Promise<readonly Row[]> {
  const routes = payingRoutes(market, context.seed);
  const { edges, ...parts } = tableOf(routes);
  const { optimum } = parts;
  const sizer = createSizer(parts);
  let [wrong, less] = [0, 0];
  for (const [at, { legs }] of routes.entries()) {
    const sizing = sizer.size(edges, 3 * at, 3);
    const amountIn = sizing?.amounts[0] ?? 0n;
    if (sizing === null || exactChain(legs.map(exactHop))(amountIn) - amountIn !== sizing.profit) wrong++;
    if (at < CHECKED_ROUTES && Number(sizing?.profit ?? 0n) < Number(ternary(legs)?.profit ?? 0n) * 0.99999)
      less++;
  }
  context.check(
    "every route has a size, and it re-prices exactly",
    wrong === 0,
    `${wrong} of ${ROUTES} do not`,
  );
  context.check("no size earns less than a ternary search's", less === 0, `${less} do`);
  const pairs = seedPairs(market);
  const float = (): number => {
    let sum = 0;
    for (let at = 0; at < 3 * ROUTES; at += 3) sum += optimum.profitFloat(edges, at, 3);
    return sum * 1e-30;
  };
  const exact = (): number => {
    let found = 0;
    for (let at = 0; at < 3 * ROUTES; at += 3) if (sizer.size(edges, at, 3) !== null) found++;
    return found;
  };
  const [floats, exacts, seed] = await measureRounds(
    [always("float", float), always("exact", exact), always("seed", () => findSeedArbitrage(pairs).length)],
    { budgetMs },
  );
  const reference = {
    unit: "ms",
    reference: `seed: ${PAIRS} pairs, one fixed quote each`,
    referenceValue: milliseconds(seed?.micros.p50),
  };
  const routesText = `${ROUTES} three-hop routes`;
  return [
    lessRow({
      ...reference,
      name: `best sizes of ${routesText}, float`,
      value: milliseconds(floats?.micros.p50),
      bar: "value <= 0.02",
      note: "the scan's closed form; the seed's quote is none of an optimum, and finds nothing",
    }),
    lessRow({
      ...reference,
      name: `best sizes of ${routesText}, exact integers`,
      value: milliseconds(exacts?.micros.p50),
      bar: "value <= 6",
      note: "the daemon's sizer: integer optimum and exact amounts of each hop",
    }),
  ];
}

const OPPORTUNITY: SeedOpportunity = {
  path: ["0x7ceb23fd6bc0add59e62ac25578270cff1b9f619", "0x2791bca1f2de4661ed88a30c99a7a9449aa84174"],
  dexes: ["quickswap"],
  expectedProfitUsd: 20,
  inputAmount: 1000,
  outputAmount: 1025,
  gasCostUsd: 5,
  confidence: 0.85,
};

export interface BundleParts {
  readonly keccak: Keccak256;
  readonly seedBundler: SeedBundler;
  /** A signed transaction. */
  readonly raw: Hex;
}

export async function bundleRows(
  context: BenchContext,
  { keccak, seedBundler, raw }: BundleParts,
  budgetMs: number,
): Promise<readonly Row[]> {
  const random = createRandom(context.seed, "leaves");
  const leaves = Array.from({ length: LEAVES }, (): Hash => `0x${random.hex(32)}`);
  const tree = createMerkleTree(leaves, keccak);
  const proven = leaves.every((leaf, i) => verifyMerkleProof(tree.root, leaf, tree.proofOf(i), keccak));
  const { root } = SimpleMerkleTree.of(leaves);
  context.check("OpenZeppelin's tree has the same root, and every proof holds", tree.root === root && proven);
  const bundle = () => createBundle(CHAIN_ID, [ourTransaction(raw, keccak)], [TARGET_BLOCK], keccak);
  const { id } = bundleOfOne(CHAIN_ID, raw, TARGET_BLOCK, keccak);
  context.check(
    "the bundle verifies, and its id is as counted by hand",
    verifyBundle(bundle()) && bundle().id === id,
  );
  const [merkle, seedMerkle, ours, seed] = await measureRounds(
    [
      always("tree", () => createMerkleTree(leaves, keccak).root.length),
      always("seed root", () => seedBundler.merkleRoot(leaves).length),
      always("bundle", () => bundle().id.length),
      always("seed bundle", () => seedBundler.bundle(OPPORTUNITY, TARGET_BLOCK).id.length),
    ],
    { budgetMs },
  );
  return [
    lessRow({
      name: `Merkle root of ${LEAVES} leaves`,
      unit: "ms",
      value: milliseconds(merkle?.micros.p50),
      reference: "seed: hash of the texts in a row",
      referenceValue: milliseconds(seedMerkle?.micros.p50),
      bar: "value <= 0.2",
      note: "ours is a tree whose proofs a contract can verify; the seed's is one hash",
    }),
    lessRow({
      name: "bundle of one transaction",
      unit: "ms",
      value: milliseconds(ours?.micros.p50),
      reference: "seed: two hashes and a UUID",
      referenceValue: milliseconds(seed?.micros.p50),
      bar: "value <= 0.03",
      note: "ours hashes the transaction, and its id is that of the content; the seed's is random",
    }),
  ];
}
