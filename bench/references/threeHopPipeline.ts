import type { Address, Hash, Hex, Token } from "../../src/chain/types.ts";
import type { UnsignedTransaction } from "../../src/execution/signer.ts";
import type { BenchMarket } from "../market/types.ts";
import type { FrameDecoder } from "./decodePeers.ts";
import { createPeerState } from "./peerState.ts";
import type { PeerState } from "./peerState.ts";
import type { ExecuteCall, TransactionSigner } from "./signPeers.ts";
import { createViemSigner, viemCalldata } from "./signPeers.ts";
import type { Size } from "./sizing.ts";
import { listThreeHops } from "./threeHops.ts";
import type { ThreeHopList } from "./threeHops.ts";

/** What a peer's transactions have in common. */
export interface PeerWallet {
  readonly privateKey: Hex;
  readonly executor: Address;
  readonly transaction: Omit<UnsignedTransaction, "to" | "data" | "value">;
  readonly maxBlock: bigint;
  readonly parentHash: Hash;
}

export interface PeerBest extends Size {
  readonly cycle: number;
  readonly base: Address;
  /** Edges of the cycle: `2 * pool + direction`. */
  readonly edges: readonly number[];
  /** Profit in wei of native at the prices of the start: an estimate. */
  readonly valueFloat: number;
}

export interface PeerAnswer {
  /** The signed EIP-1559 transaction; null when nothing is worth `minProfit`. */
  readonly raw: Hex | null;
  /** The best cycle that was sized, whether it is worth a transaction or not. */
  readonly best: PeerBest | null;
  /** Distinct cycles through a changed pool, and those of them with a product of rates above 1. */
  readonly touched: number;
  readonly survivors: number;
}

/** A cycle and its exact size, picked among the survivors. */
export interface Choice {
  readonly cycle: number;
  readonly size: Size;
}

/** What a pipeline sizes by. */
export interface ThreeHopParts {
  readonly market: BenchMarket;
  readonly list: ThreeHopList;
  readonly state: PeerState;
}

export interface ThreeHopOptions {
  readonly wallet: PeerWallet;
  readonly decode: FrameDecoder;
  createChooser(parts: ThreeHopParts): Chooser;
}

export interface Chooser {
  /** The best of the surviving cycles by value in native; called once a block. */
  choose(survivors: readonly number[]): Choice | null;
  /** Told of each pool after its update. */
  updated?(pool: number): void;
}

export interface ThreeHopPipeline extends ThreeHopParts {
  /** Frames of one block in, signed transaction out. */
  run(frames: readonly Buffer[]): Promise<PeerAnswer>;
  /** The same without encoding and signing. */
  search(frames: readonly Buffer[]): Omit<PeerAnswer, "raw">;
}

/**
 * The frame of both reference pipelines: decode each frame, update the pool; take the three-hop cycles through the
 * changed pools from the list; keep those whose product of after-fee spot rates is above 1; size them; encode the best
 * with viem and sign it with a viem account. `list` may be shared between pipelines.
 */
export function createThreeHopPipeline(
  market: BenchMarket,
  options: ThreeHopOptions,
  list: ThreeHopList = listThreeHops(market.pools, market.bases),
): ThreeHopPipeline {
  const state = createPeerState(market);
  const parts: ThreeHopParts = { market, list, state };
  const chooser = options.createChooser(parts);
  const touch = createToucher(list);
  const search = (frames: readonly Buffer[]) => {
    const changed: number[] = [];
    for (const frame of frames) {
      const update = options.decode(frame);
      if (update === null) continue;
      state.apply(update);
      chooser.updated?.(update.pool);
      changed.push(update.pool);
    }
    const survivors: number[] = [];
    const touched = touch(changed, state.rates, survivors);
    const choice = chooser.choose(survivors);
    return { best: choice && bestOf(parts, choice), touched, survivors: survivors.length };
  };
  const sign = createViemSigner(options.wallet.privateKey);
  const minProfitFloat = Number(market.minProfit);
  return {
    ...parts,
    search,
    run: async (frames) => {
      const answer = search(frames);
      const { best } = answer;
      const pays = best !== null && best.valueFloat >= minProfitFloat;
      return { raw: pays ? await signBest(parts, best, options.wallet, sign) : null, ...answer };
    },
  };
}

/** Collects the promising cycles through the changed pools, each once; answers how many were touched. */
function createToucher({ count, edges, firstOfPool, cyclesOfPool }: ThreeHopList) {
  const seenIn = new Uint32Array(count);
  let turn = 0;
  return (changed: readonly number[], rates: Float64Array, survivors: number[]): number => {
    turn++;
    let touched = 0;
    for (const pool of changed) {
      const end = firstOfPool[pool + 1] ?? 0;
      for (let at = firstOfPool[pool] ?? 0; at < end; at++) {
        const cycle = cyclesOfPool[at] ?? 0;
        if (seenIn[cycle] === turn) continue;
        seenIn[cycle] = turn;
        touched++;
        const one = rates[edges[3 * cycle] ?? 0] ?? 0;
        const two = rates[edges[3 * cycle + 1] ?? 0] ?? 0;
        const three = rates[edges[3 * cycle + 2] ?? 0] ?? 0;
        if (one * two * three > 1) survivors.push(cycle);
      }
    }
    return touched;
  };
}

/** Profit in wei of native; a base without a price is worth nothing. */
export function nativeValueFloat({ list, state }: ThreeHopParts, cycle: number, profitFloat: number): number {
  const valueFloat = profitFloat * (state.nativeRates[list.baseOf[cycle] ?? 0] ?? NaN);
  return Number.isNaN(valueFloat) ? 0 : valueFloat;
}

/** The legs of a listed cycle as a sizing method takes them; empty when a pool has no state. */
export function legsOf({ list, state }: ThreeHopParts, cycle: number) {
  const legs = [];
  for (let at = 3 * cycle; at < 3 * cycle + 3; at++) {
    const edge = list.edges[at] ?? 0;
    const poolState = state.states[edge >> 1] ?? null;
    if (poolState === null) return [];
    legs.push({ state: poolState, zeroForOne: (edge & 1) === 0 });
  }
  return legs;
}

/** The bases of a market as tokens. */
export function baseTokens({ bases, tokens }: Pick<BenchMarket, "bases" | "tokens">): readonly Token[] {
  const byAddress = new Map(tokens.map((token) => [token.address, token]));
  return bases.map(
    (address) => byAddress.get(address) ?? { address, symbol: "", decimals: 18, taxed: false },
  );
}

function bestOf(parts: ThreeHopParts, { cycle, size }: Choice): PeerBest {
  const { list, market } = parts;
  return {
    ...size,
    cycle,
    base: market.bases[list.baseOf[cycle] ?? 0] ?? "0x",
    edges: [...list.edges.subarray(3 * cycle, 3 * cycle + 3)],
    valueFloat: nativeValueFloat(parts, cycle, Number(size.profit)),
  };
}

function signBest(
  { market, state }: ThreeHopParts,
  best: PeerBest,
  wallet: PeerWallet,
  sign: TransactionSigner<Hex>,
): Promise<Hex> {
  const { executor, transaction, maxBlock, parentHash } = wallet;
  const hops = best.edges.flatMap((edge): ExecuteCall["hops"] => {
    const pool = market.pools[edge >> 1];
    if (pool === undefined) return [];
    const zeroForOne = (edge & 1) === 0;
    const { kind, address, token0, token1 } = pool;
    const feePpm = kind === "v2" ? (state.states[edge >> 1]?.feePpm ?? 0) : 0;
    return [{ kind, pool: address, zeroForOne, feePpm, tokenOut: zeroForOne ? token1 : token0 }];
  });
  const { base, amountIn, profit: minProfit } = best;
  const data = viemCalldata({ base, amountIn, minProfit, hops, maxBlock, parentHash });
  return sign({ ...transaction, to: executor, value: 0n, data });
}
