import { decodeFunctionResult, encodeFunctionData, parseAbi, toFunctionSelector } from "viem";
import type { PoolState } from "../../amm/poolState.ts";
import { tickTable, type TickEntry } from "../../amm/tickTable.ts";
import type { Address, Hash, Hex, Pool } from "../../chain/types.ts";
import type { ReadCall, ReadCalls } from "./multicall.ts";

/** A verified pool with the facts that its state carries along. */
export interface PoolFacts {
  readonly pool: Pool;
  /** The constant fee; for Algebra it is read with the state. */
  readonly feePpm: number;
  /** 0 for V2. */
  readonly tickSpacing: number;
}

const V2 = parseAbi(["function getReserves() view returns (uint112, uint112, uint32)"]);
const V3 = parseAbi([
  "function slot0() view returns (uint160 sqrtPriceX96, int24 tick, uint16, uint16, uint16, uint8, bool)",
  "function liquidity() view returns (uint128)",
  "function ticks(int24) view returns (uint128, int128, uint256, uint256, int56, uint160, uint32, bool)",
]);
// Algebra v1.1 answers with other names, and its rows hold ticks divided by the spacing, as in V3.
const ALGEBRA = parseAbi([
  "function globalState() view returns (uint160 price, int24 tick, uint16 fee, uint16, uint8, uint8, bool)",
]);
const SELECTOR = {
  tickBitmap: toFunctionSelector("tickBitmap(int16)"),
  tickTable: toFunctionSelector("tickTable(int16)"),
  ticks: toFunctionSelector("ticks(int24)"),
};
const MAX_TICK = 887_272;
const WORD = 32;

const TICKS_CALL_BYTES = 8 * WORD;
const encodeV3 = {
  slot0: encodeFunctionData({ abi: V3, functionName: "slot0" }),
  liquidity: encodeFunctionData({ abi: V3, functionName: "liquidity" }),
  globalState: encodeFunctionData({ abi: ALGEBRA, functionName: "globalState" }),
  reserves: encodeFunctionData({ abi: V2, functionName: "getReserves" }),
};

/**
 * State of every pool at one pinned block, V3 and Algebra with all initialised ticks (a walk over the whole
 * bitmap). Null: the pool has no price there, or its answers contradict each other.
 */
export async function readStates(
  pools: readonly PoolFacts[],
  blockHash: Hash,
  read: ReadCalls,
): Promise<readonly (PoolState | null)[]> {
  const heads = await read(pools.flatMap(headCalls), blockHash);
  const taken = cursor(heads);
  const partial = pools.map((facts) => readHead(facts, taken));
  const priced = partial.filter((head) => head !== null && isHead(head));
  const tables = await readTicks(priced, blockHash, read);
  return partial.map((head) => {
    if (head === null || !isHead(head)) return head;
    return concentrated(head, tables.get(head.facts.pool.address) ?? []);
  });
}

interface ConcentratedHead {
  readonly kind: "v3" | "algebra";
  readonly facts: PoolFacts;
  readonly sqrtPriceX96: bigint;
  readonly tick: number;
  readonly feePpm: number;
  readonly liquidity: bigint;
}

const isHead = (head: PoolState | ConcentratedHead): head is ConcentratedHead => "facts" in head;

const cursor = (answers: readonly (Hex | null)[]): (() => Hex | null) => {
  let at = 0;
  return () => answers[at++] ?? null;
};

function headCalls({ pool }: PoolFacts): readonly ReadCall[] {
  const target = pool.address;
  if (pool.kind === "v2") return [{ target, data: encodeV3.reserves, answerBytes: 3 * WORD }];
  const price = pool.kind === "v3" ? encodeV3.slot0 : encodeV3.globalState;
  return [
    { target, data: price, answerBytes: 7 * WORD },
    { target, data: encodeV3.liquidity, answerBytes: WORD },
  ];
}

function readHead(facts: PoolFacts, take: () => Hex | null): PoolState | ConcentratedHead | null {
  const { pool, feePpm } = facts;
  const first = take();
  if (pool.kind === "v2") {
    if (first === null) return null;
    const [reserve0, reserve1] = decodeFunctionResult({ abi: V2, functionName: "getReserves", data: first });
    return { kind: "v2", feePpm, reserve0, reserve1 };
  }
  const second = take();
  if (first === null || second === null) return null;
  const liquidity = decodeFunctionResult({ abi: V3, functionName: "liquidity", data: second });
  if (pool.kind === "v3") {
    const [sqrtPriceX96, tick] = decodeFunctionResult({ abi: V3, functionName: "slot0", data: first });
    return sqrtPriceX96 === 0n ? null : { kind: "v3", facts, sqrtPriceX96, tick, feePpm, liquidity };
  }
  const [price, tick, fee] = decodeFunctionResult({ abi: ALGEBRA, functionName: "globalState", data: first });
  return price === 0n ? null : { kind: "algebra", facts, sqrtPriceX96: price, tick, feePpm: fee, liquidity };
}

/** Bitmap words asked for at a time: a pool with spacing 1 has 6,932, and all pools at once would fill the heap. */
const WORDS_AT_ONCE = 8192;

/** All initialised ticks of each pool, ascending, as [tick, liquidityNet, liquidityGross]. */
async function readTicks(
  heads: readonly ConcentratedHead[],
  blockHash: Hash,
  read: ReadCalls,
): Promise<Map<Address, TickEntry[]>> {
  const tables = new Map<Address, TickEntry[]>(heads.map(({ facts }) => [facts.pool.address, []]));
  for (const words of groupsOfWords(heads)) {
    const ticks = await findTicks(words, blockHash, read);
    const answers = await read(ticks.map(tickCall), blockHash);
    for (const [i, { head, tick }] of ticks.entries()) {
      const data = answers[i];
      if (data === null || data === undefined) continue;
      const [gross, net] = decodeFunctionResult({ abi: V3, functionName: "ticks", data });
      tables.get(head.facts.pool.address)?.push([tick, net, gross]);
    }
  }
  return tables;
}

interface BitmapWord {
  readonly head: ConcentratedHead;
  readonly word: number;
}

/** The words of all pools in order, whole pools at a time: as many as fit, and at least one. */
function* groupsOfWords(heads: readonly ConcentratedHead[]): Generator<readonly BitmapWord[]> {
  let group: BitmapWord[] = [];
  for (const head of heads) {
    const words = wordsOf(head);
    if (group.length > 0 && group.length + words.length > WORDS_AT_ONCE) {
      yield group;
      group = [];
    }
    for (const word of words) group.push({ head, word });
  }
  if (group.length > 0) yield group;
}

interface InitialisedTick {
  readonly head: ConcentratedHead;
  readonly tick: number;
}

async function findTicks(
  words: readonly BitmapWord[],
  blockHash: Hash,
  read: ReadCalls,
): Promise<readonly InitialisedTick[]> {
  const bitmaps = await read(words.map(wordCall), blockHash);
  return words.flatMap(({ head, word }, i) =>
    ticksOfWord(BigInt(bitmaps[i] ?? "0x0"), word, head.facts.tickSpacing).map((tick) => ({ head, tick })),
  );
}

const tickCall = ({ head, tick }: InitialisedTick): ReadCall => ({
  target: head.facts.pool.address,
  data: `${SELECTOR.ticks}${intWord(tick)}`,
  answerBytes: TICKS_CALL_BYTES,
});

function wordsOf({ facts: { tickSpacing } }: ConcentratedHead): readonly number[] {
  const last = Math.floor(MAX_TICK / tickSpacing) >> 8;
  const first = Math.ceil(-MAX_TICK / tickSpacing) >> 8;
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function wordCall({ head, word }: BitmapWord): ReadCall {
  const selector = head.kind === "v3" ? SELECTOR.tickBitmap : SELECTOR.tickTable;
  return { target: head.facts.pool.address, data: `${selector}${intWord(word)}`, answerBytes: WORD };
}

/** A signed integer as one ABI word, two's complement. */
const intWord = (value: number): string => BigInt.asUintN(256, BigInt(value)).toString(16).padStart(64, "0");

/** The ticks whose bits are set in one word of the bitmap, ascending. */
export function ticksOfWord(bitmap: bigint, word: number, tickSpacing: number): number[] {
  const ticks: number[] = [];
  let rest = bitmap;
  for (let bit = 0; rest > 0n; bit++, rest >>= 1n) {
    if ((rest & 1n) === 1n) ticks.push((word * 256 + bit) * tickSpacing);
  }
  return ticks;
}

function concentrated(head: ConcentratedHead, entries: readonly TickEntry[]): PoolState | null {
  // At one pinned block the nets up to the tick are the liquidity in range; anything else is not this contract.
  const inRange = entries.reduce((sum, [tick, net]) => (tick <= head.tick ? sum + net : sum), 0n);
  if (inRange !== head.liquidity) return null;
  const { kind, feePpm, sqrtPriceX96, tick, liquidity, facts } = head;
  const { tickSpacing } = facts;
  return { kind, feePpm, tickSpacing, sqrtPriceX96, tick, liquidity, ticks: tickTable(entries) };
}
