import { randomUUID } from "node:crypto";
import { createKeccak } from "hash-wasm";

/** A pair as the seed's JSON has it. */
export interface SeedPair {
  readonly token0: string;
  readonly token1: string;
  readonly dex: string;
  readonly liquidity_usd: number;
  readonly fee_bps: number;
}

export interface SeedOpportunity {
  readonly path: readonly string[];
  readonly dexes: readonly string[];
  readonly expectedProfitUsd: number;
  readonly inputAmount: number;
  readonly outputAmount: number;
  readonly gasCostUsd: number;
  readonly confidence: number;
}

export interface SeedBundle {
  readonly id: string;
  readonly transactions: readonly string[];
  readonly targetBlock: number;
  readonly merkleRoot: string;
  /** Seconds. */
  readonly timestamp: number;
}

/** Token to its neighbours, one entry a pair. */
export type SeedGraph = ReadonlyMap<string, readonly string[]>;

/*
 * The seed document's own pipeline, line by line, as an algorithm: what its figures are about. Kept as it stands,
 * faults included: it quotes every pair with 1,000 into reserves of 1,000,000 each, so that no pair ever pays; its
 * paths never return to where they start; its Merkle root is the hash of the concatenated texts. Its decimals are
 * float64 here, which is the faster choice. What the seed only stubs (dispatch, block number) is left out.
 */

/** `inject_pairs` after the parsing. */
export function seedGraph(pairs: readonly SeedPair[]): SeedGraph {
  const graph = new Map<string, string[]>();
  const link = (from: string, to: string) => {
    const near = graph.get(from);
    if (near === undefined) graph.set(from, [to]);
    else near.push(to);
  };
  for (const { token0, token1 } of pairs) {
    link(token0, token1);
    link(token1, token0);
  }
  return graph;
}

/** `inject_pairs`: JSON in, pairs and graph out. */
export function injectPairs(json: string): {
  readonly pairs: readonly SeedPair[];
  readonly graph: SeedGraph;
} {
  const pairs: readonly SeedPair[] = JSON.parse(json);
  return { pairs, graph: seedGraph(pairs) };
}

/** `get_paths`: paths of at most `maxHops` hops that visit no token twice; none where start and end are the same. */
export function seedPaths(graph: SeedGraph, start: string, end: string, maxHops: number): string[][] {
  const paths: string[][] = [];
  const queue: { current: string; path: string[] }[] = [{ current: start, path: [start] }];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { current, path } = next;
    if (current === end && path.length > 1) {
      paths.push(path);
      continue;
    }
    if (path.length >= maxHops + 1) continue;
    for (const neighbour of graph.get(current) ?? [])
      if (!path.includes(neighbour)) queue.push({ current: neighbour, path: [...path, neighbour] });
  }
  return paths;
}

/** `calculate_swap_output`. */
export function seedSwapOutput(
  amountIn: number,
  reserveIn: number,
  reserveOut: number,
  feeBps: number,
): number {
  const fee = 10_000 - feeBps;
  return (reserveOut * amountIn * fee) / (reserveIn * 10_000 + amountIn * fee);
}

const TEST_AMOUNT = 1000;
const RESERVE = 1_000_000;
const GAS_COST_USD = 5;
const LEAST_PROFIT_USD = 5;
const LEAST_BUNDLED_USD = 10;
const BLOCK_NUMBER = 1_000_000;

/** `calculate_arbitrage`: one pair, one way. */
export function seedArbitrage({ token0, token1, dex, fee_bps }: SeedPair): SeedOpportunity | null {
  const outputAmount = seedSwapOutput(TEST_AMOUNT, RESERVE, RESERVE, fee_bps);
  const profit = outputAmount - TEST_AMOUNT;
  if (!(profit > GAS_COST_USD)) return null;
  return {
    path: [token0, token1],
    dexes: [dex],
    expectedProfitUsd: profit - GAS_COST_USD,
    inputAmount: TEST_AMOUNT,
    outputAmount,
    gasCostUsd: GAS_COST_USD,
    confidence: 0.85,
  };
}

/** `find_arbitrage`: best first. */
export function findSeedArbitrage(pairs: readonly SeedPair[]): SeedOpportunity[] {
  const opportunities: SeedOpportunity[] = [];
  for (const pair of pairs) {
    const opportunity = seedArbitrage(pair);
    if (opportunity !== null && opportunity.expectedProfitUsd > LEAST_PROFIT_USD)
      opportunities.push(opportunity);
  }
  return opportunities.toSorted((a, b) => b.expectedProfitUsd - a.expectedProfitUsd);
}

export interface SeedBundler {
  /** `calculate_merkle_root`: the hash of all texts in a row. */
  merkleRoot(texts: readonly string[]): string;
  /** `bundle_and_dispatch` without the dispatch. */
  bundle(opportunity: SeedOpportunity, timestamp: number): SeedBundle;
}

/** The seed's bundler over hash-wasm's Keccak-256. */
export async function createSeedBundler(): Promise<SeedBundler> {
  const keccak = await createKeccak(256);
  const merkleRoot = (texts: readonly string[]): string => {
    if (texts.length === 0) return "0x0";
    keccak.init();
    for (const text of texts) keccak.update(text);
    return `0x${keccak.digest()}`;
  };
  return {
    merkleRoot,
    bundle: ({ path }, timestamp) => {
      const transaction = `0x${keccak
        .init()
        .update(path[0] ?? "")
        .digest()}`;
      return {
        id: `bundle_${randomUUID()}`,
        transactions: [transaction],
        targetBlock: BLOCK_NUMBER + 1,
        merkleRoot: merkleRoot([transaction]),
        timestamp,
      };
    },
  };
}

/** `process_opportunities`: JSON of pairs in, ids of bundles out. */
export function processSeedOpportunities(json: string, bundler: SeedBundler, timestamp: number): string[] {
  const { pairs } = injectPairs(json);
  return findSeedArbitrage(pairs)
    .filter(({ expectedProfitUsd }) => expectedProfitUsd > LEAST_BUNDLED_USD)
    .map((opportunity) => bundler.bundle(opportunity, timestamp).id);
}
