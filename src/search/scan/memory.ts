import { CHUNK, HEAD_LEVELS, ROW, TOUCH_WORDS } from "./layout.ts";
import type { Layout } from "./layout.ts";
import { PAGE_BYTES } from "./webAssembly.ts";

/** Places to reserve, spare ones included. */
export interface Sizes {
  readonly pools: number;
  readonly pairs: number;
  readonly records: number;
  readonly groups: number;
  readonly poolPlaces: number;
  readonly touches: number;
  readonly closings: number;
}

/**
 * 32-bit words at address 0: word 0 is `maxHops`, word 1 + i the byte address of the i-th array in the order of
 * `reserveArrays`. The kernels find everything from there.
 */
export const HEADER_SLOTS = 64;
/** A lane's rates are one cache line. */
const ALIGNMENT = 64;

/** Lays the arrays out in a new memory, all zero but the header. */
export function createLayout(sizes: Sizes, maxHops: number): Layout {
  const needed = createRoom(null);
  reserveArrays(sizes, needed);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(needed.bytes() / PAGE_BYTES) });
  const room = createRoom(memory.buffer);
  const arrays = reserveArrays(sizes, room);
  new Int32Array(memory.buffer, 0, HEADER_SLOTS).set([maxHops, ...room.addresses]);
  const { pools, pairs, records, groups } = sizes;
  return { memory, pools, pairs, records, groups, maxHops, ...arrays };
}

interface Room {
  readonly addresses: readonly number[];
  bytes(): number;
  float64(length: number): Float64Array;
  float32(length: number): Float32Array;
  int32(length: number): Int32Array;
  uint8(length: number): Uint8Array;
}

/** Hands out places one after another; without a buffer it only counts. */
function createRoom(buffer: ArrayBuffer | null): Room {
  const addresses: number[] = [];
  let end = HEADER_SLOTS * Int32Array.BYTES_PER_ELEMENT;
  const take = (bytes: number): number => {
    const at = end;
    addresses.push(at);
    end = Math.ceil((at + bytes) / ALIGNMENT) * ALIGNMENT;
    return at;
  };
  const backing = buffer ?? new ArrayBuffer(0);
  const view = <T>(bytes: number, at: (address: number) => T, none: T): T => {
    const address = take(bytes);
    return buffer === null ? none : at(address);
  };
  return {
    addresses,
    bytes: () => end,
    float64: (length) =>
      view(8 * length, (address) => new Float64Array(backing, address, length), new Float64Array(0)),
    float32: (length) =>
      view(4 * length, (address) => new Float32Array(backing, address, length), new Float32Array(0)),
    int32: (length) =>
      view(4 * length, (address) => new Int32Array(backing, address, length), new Int32Array(0)),
    uint8: (length) => view(length, (address) => new Uint8Array(backing, address, length), new Uint8Array(0)),
  };
}

/** The kernels know this order: what is moved here must be moved in `kernel/assembly/scan.ts` and `bench/rust/scan.rs`. */
function reserveArrays(sizes: Sizes, room: Room) {
  const { pools, pairs, records, groups, poolPlaces, touches, closings } = sizes;
  return {
    edgeRates: room.float64(2 * pools * ROW),
    laneRates: room.float64(2 * pairs * ROW),
    changedRates: room.float64(2 * pairs * ROW),
    laneHeads: room.float32(2 * pairs * HEAD_LEVELS),
    recordHeads: room.float32(2 * records * HEAD_LEVELS),
    groupBounds: room.float32(2 * groups * HEAD_LEVELS),
    thresholds: room.float64(ROW),
    headThresholds: room.float32(HEAD_LEVELS),
    turns: room.int32(pairs),
    pairOfPool: room.int32(pools),
    firstPool: room.int32(pairs),
    endPool: room.int32(pairs),
    edgesOfPair: room.int32(poolPlaces),
    laneTokens: room.int32(2 * pairs),
    basePairs: room.uint8(pairs),
    firstRecord: room.int32(groups),
    endRecord: room.int32(groups),
    groupOfRecord: room.int32(records),
    firstLane: room.int32(records),
    secondLane: room.int32(records),
    triangles: room.uint8(records),
    closingLane: room.int32(groups),
    firstTouch: room.int32(pairs),
    endTouch: room.int32(pairs),
    touching: room.int32(TOUCH_WORDS * touches),
    firstClosed: room.int32(pairs),
    endClosed: room.int32(pairs),
    closedGroups: room.int32(closings),
    changed: room.int32(pools),
    hits: room.int32(pairs + 4 * records),
    touchedPairs: room.int32(pairs),
    poolMarks: room.uint8(pools),
    hitBounds: room.float32(pairs + 4 * records),
    recordMarks: room.uint8(records),
    chunkBounds: room.float32(2 * Math.ceil(records / CHUNK) * HEAD_LEVELS),
    sizes: room.float64(ROW),
    hitLooks: room.float32(pairs + 4 * records),
    lastReached: room.int32(2 * groups),
  };
}
