import { decodeEventLog, getAbiItem, toEventSelector, toFunctionSelector } from "viem";
import { executorAbi } from "../chain/executorAbi.ts";
import type { Address, Hash, Hex, PoolKind } from "../chain/types.ts";
import type { Opportunity, Plan } from "../search/opportunity.ts";
import { createByteBuffer, writeAddress, writeHash, type ByteBuffer } from "./bytes.ts";

export interface PlanEncoding {
  /** Least profit of each opportunity in raw units of its base, in the plan's order; at least 1. */
  readonly minProfits: readonly bigint[];
  /** Last block in which the plan may run. */
  readonly maxBlock: bigint;
  /** The block that the plan must directly follow, or null for any up to `maxBlock`. */
  readonly parentHash: Hash | null;
  /** Swap fee of a V2 pool in parts per million: the executor computes V2 outputs from the pair's reserves. */
  feePpmOf(pool: Address): number;
}

/** What one cycle of a mined plan really brought, in raw units of `base`. */
export interface Realised {
  readonly base: Address;
  readonly profit: bigint;
}

const KIND_CODE: Readonly<Record<PoolKind, number>> = { v2: 0, v3: 1, algebra: 2 };
const MAX_UINT64 = 2n ** 64n - 1n;
const MAX_UINT128 = 2n ** 128n - 1n;
const MAX_UINT256 = 2n ** 256n - 1n;

/*
 * The ABI's layout of execute(Cycle[] cycles, uint256 maxBlock, bytes32 parentHash), in words of 32 bytes:
 *   selector (4 bytes) │ 0x60 │ maxBlock │ parentHash │ n │ n offsets, from their own start │ n cycles
 *   cycle: base │ amountIn │ minProfit │ 0x80 │ m │ m hops
 *   hop:   kind │ pool │ zeroForOne │ feePpm │ tokenOut
 */
const SELECTOR = Number.parseInt(
  toFunctionSelector(getAbiItem({ abi: executorAbi, name: "execute" })).slice(2),
  16,
);
const WORD = 32;
const HEAD_BYTES = 4 + 4 * WORD;
const CYCLE_BYTES = 5 * WORD;
const HOP_BYTES = 5 * WORD;
/** Within a word: where an address, a uint128, a uint32 and a byte begin. */
const ADDRESS_AT = 12;
const UINT128_AT = 16;
const UINT32_AT = 28;
const BYTE_AT = 31;

/** Bytes of the plan's calldata. */
export function planLength({ opportunities }: Plan): number {
  let length = HEAD_BYTES;
  for (let i = 0; i < opportunities.length; i++)
    length += WORD + CYCLE_BYTES + HOP_BYTES * (opportunities[i]?.hops.length ?? 0);
  return length;
}

/**
 * Calldata of `ArbExecutor.execute` for a plan. Only the route, the borrowed amount and the least profit go in:
 * the executor takes each hop's amounts from the chain, so that a state that moved a little still pays.
 * Throws when the plan breaks an invariant of ours (never a reason of the market).
 */
export function encodePlan(plan: Plan, encoding: PlanEncoding): Hex {
  const target = createByteBuffer(planLength(plan));
  writePlan(target, 0, plan, encoding);
  return `0x${target.bytes.toString("hex")}`;
}

/**
 * Writes the same calldata into `target` from `at` on, where `planLength` bytes must have room; nothing is assumed of
 * what stood there. After a throw they are meaningless.
 */
export function writePlan(target: ByteBuffer, at: number, plan: Plan, encoding: PlanEncoding): void {
  const { opportunities } = plan;
  const { minProfits, maxBlock, parentHash } = encoding;
  if (opportunities.length === 0) throw new RangeError("a plan without opportunities cannot be encoded");
  if (minProfits.length !== opportunities.length) {
    throw new RangeError(
      `${opportunities.length} opportunities need as many minProfits, not ${minProfits.length}`,
    );
  }
  const { bytes, view } = target;
  bytes.fill(0, at, at + planLength(plan));
  view.setUint32(at, SELECTOR);
  view.setUint32(at + 4 + UINT32_AT, 3 * WORD);
  writeUint256(view, at + 4 + WORD, maxBlock);
  if (parentHash !== null) writeHash(bytes, at + 4 + 2 * WORD, parentHash);
  view.setUint32(at + 4 + 3 * WORD + UINT32_AT, opportunities.length);
  const offsets = at + HEAD_BYTES;
  let cycle = offsets + opportunities.length * WORD;
  for (let i = 0; i < opportunities.length; i++) {
    const opportunity = opportunities[i];
    if (opportunity === undefined) continue;
    view.setUint32(offsets + i * WORD + UINT32_AT, cycle - offsets);
    writeCycle(target, cycle, opportunity, minProfits[i] ?? 0n);
    cycle = writeHops(target, cycle + CYCLE_BYTES, opportunity.hops, encoding);
  }
}

function writeCycle(
  { bytes, view }: ByteBuffer,
  at: number,
  { cycle, hops, amountIn }: Opportunity,
  minProfit: bigint,
): void {
  checkRoute(cycle.base, hops);
  writeAddress(bytes, at + ADDRESS_AT, cycle.base);
  writeAmount(view, at + WORD + UINT128_AT, "amountIn", amountIn);
  writeAmount(view, at + 2 * WORD + UINT128_AT, "minProfit", minProfit);
  view.setUint32(at + 3 * WORD + UINT32_AT, 4 * WORD);
  view.setUint32(at + 4 * WORD + UINT32_AT, hops.length);
}

/** Returns the offset behind the hops. */
function writeHops(
  { bytes, view }: ByteBuffer,
  start: number,
  hops: Opportunity["hops"],
  encoding: PlanEncoding,
): number {
  let at = start;
  for (let i = 0; i < hops.length; i++) {
    const hop = hops[i];
    if (hop === undefined) continue;
    const { kind, pool } = hop;
    bytes[at + BYTE_AT] = KIND_CODE[kind];
    writeAddress(bytes, at + WORD + ADDRESS_AT, pool);
    if (hop.zeroForOne) bytes[at + 2 * WORD + BYTE_AT] = 1;
    if (kind === "v2") view.setUint32(at + 3 * WORD + UINT32_AT, checkFee(pool, encoding.feePpmOf(pool)));
    writeAddress(bytes, at + 4 * WORD + ADDRESS_AT, hop.tokenOut);
    at += HOP_BYTES;
  }
  return at;
}

function checkRoute(base: Address, hops: Opportunity["hops"]): void {
  if (hops.length < 2) throw new RangeError(`a cycle has at least two hops, not ${hops.length}`);
  let token = base;
  for (let i = 0; i < hops.length; i++) {
    const hop = hops[i];
    if (hop === undefined) continue;
    if (hop.tokenIn !== token)
      throw new RangeError(`hop ${hop.pool} takes ${hop.tokenIn}, but the route stands at ${token}`);
    token = hop.tokenOut;
  }
  if (token !== base) throw new RangeError(`the route ends in ${token}, not in its base ${base}`);
}

function writeAmount(view: DataView, at: number, name: string, amount: bigint): void {
  if (amount <= 0n || amount > MAX_UINT128) throw new RangeError(`${name} ${amount} is not in 1..2^128-1`);
  writeUint128(view, at, amount);
}

/** Into zeroed bytes. */
function writeUint128(view: DataView, at: number, value: bigint): void {
  if (value > MAX_UINT64) view.setBigUint64(at, value >> 64n);
  view.setBigUint64(at + 8, value);
}

function writeUint256(view: DataView, at: number, value: bigint): void {
  if (value < 0n || value > MAX_UINT256) throw new RangeError(`maxBlock ${value} is not in 0..2^256-1`);
  if (value > MAX_UINT128) writeUint128(view, at, value >> 128n);
  writeUint128(view, at + UINT128_AT, BigInt.asUintN(128, value));
}

function checkFee(pool: Address, feePpm: number): number {
  if (!Number.isInteger(feePpm) || feePpm < 0 || feePpm >= 1_000_000) {
    throw new RangeError(`fee ${feePpm} ppm of ${pool} is not a whole number in 0..999999`);
  }
  return feePpm;
}

interface ReceiptLog {
  readonly address: Address;
  readonly topics: readonly Hex[];
  readonly data: Hex;
}

const CYCLE_EXECUTED = toEventSelector(getAbiItem({ abi: executorAbi, name: "CycleExecuted" }));
const ONE_WORD = /^0x[0-9a-fA-F]{64}$/;

/** Null for what is not about a cycle. */
function decodeCycle({ topics, data }: ReceiptLog): (Realised & { readonly index: bigint }) | null {
  const [signature, ...indexed] = topics;
  if (signature === undefined) return null;
  const [position = "0x", base = "0x"] = indexed;
  // As it always is: viem would hash the events' signatures anew.
  if (signature === CYCLE_EXECUTED && [position, base, data].every((word) => ONE_WORD.test(word)))
    return { index: BigInt(position), base: lowerCase(`0x${base.slice(-40)}`), profit: BigInt(data) };
  const event = decodeEventLog({ abi: executorAbi, topics: [signature, ...indexed], data });
  if (event.eventName !== "CycleExecuted") return null;
  return { index: event.args.index, base: lowerCase(event.args.base), profit: event.args.profit };
}

/**
 * What each cycle of a mined plan brought, in the plan's order, from the receipt's logs: the executor's own
 * measure by balance. Logs of other contracts do not count, whatever they look like.
 */
export function decodeRealised(logs: readonly ReceiptLog[], executor: Address): readonly Realised[] {
  const author = lowerCase(executor);
  return logs
    .filter(({ address }) => lowerCase(address) === author)
    .map(decodeCycle)
    .filter((cycle) => cycle !== null)
    .toSorted((a, b) => (a.index < b.index ? -1 : 1))
    .map(({ base, profit }) => ({ base, profit }));
}

const lowerCase = (address: Address): Address => `0x${address.slice(2).toLowerCase()}`;
