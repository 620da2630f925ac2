import { HEX_PAIRS } from "./hexDigits.ts";
import type { Address } from "./types.ts";

/**
 * Addresses and the small integers that stand for them: open addressing over typed arrays, so that an address is
 * looked up where its digits stand in a socket's buffer, and no look-up allocates. All 20 bytes are compared.
 */
export interface AddressTable {
  readonly size: number;
  /** The id of the address in any letter case; -1: not here, or no address. */
  get(address: string): number;
  /** The id of the address whose 40 hex digits (without `0x`) begin at `at`; -1: not here, or no hex digits. */
  find(bytes: Uint8Array, at: number): number;
  /** The same for an address as five 32-bit limbs, the lowest first, at the beginning of the array. */
  findLimbs(limbs: Int32Array): number;
  /** `id` from 0 to 2^31 - 1; an address that is here already gets the new one. Throws `RangeError`. */
  set(address: Address, id: number): void;
  /** False when it was not here. */
  delete(address: string): boolean;
  clear(): void;
}

/** 32-bit limbs of an address, the lowest first. */
const WORDS = 5;
/** A slot is the address's limbs, then its id plus one (0: free), and fills half a cache line. */
const SLOT = 8;
const ID = 5;
const FEWEST_SLOTS = 16;
const ADDRESS_CHARS = 42;
const MAX_ID = 2 ** 31 - 2;
/** A constant of this module is one of the compiled code too; an imported one is not. */
const PAIRS = HEX_PAIRS;

interface State {
  slots: Int32Array;
  /** Number of slots less one; a power of two less one. At most two thirds of them are taken. */
  mask: number;
  size: number;
  /** Limbs of the address that is looked for. */
  readonly key: Int32Array;
}

export function createAddressTable(): AddressTable {
  const state: State = { ...emptySlots(FEWEST_SLOTS), size: 0, key: new Int32Array(WORDS) };
  return {
    get size() {
      return state.size;
    },
    findLimbs: (limbs) => idOf(state, limbs),
    get: (address) => (takeText(state.key, address) ? idOf(state, state.key) : -1),
    find: (bytes, at) => (takeDigits(state.key, bytes, at) < 0 ? -1 : idOf(state, state.key)),
    set: (address, id) => {
      if (!takeText(state.key, address)) throw new RangeError(`no address: ${address}`);
      if (!Number.isInteger(id) || id < 0 || id > MAX_ID) throw new RangeError(`no id of an address: ${id}`);
      place(state, id + 1);
    },
    delete: (address) => takeText(state.key, address) && remove(state),
    clear: () => void Object.assign(state, emptySlots(FEWEST_SLOTS), { size: 0 }),
  };
}

const emptySlots = (count: number): Pick<State, "slots" | "mask"> => ({
  slots: new Int32Array(SLOT * count),
  mask: count - 1,
});

/** Below zero when there are not 40 hex digits. */
function takeDigits(key: Int32Array, bytes: Uint8Array, at: number): number {
  let bad = 0;
  for (let word = WORDS - 1, p = at; word >= 0; word--, p += 8) {
    const a = PAIRS[(bytes[p] ?? 0) | ((bytes[p + 1] ?? 0) << 8)] ?? -1;
    const b = PAIRS[(bytes[p + 2] ?? 0) | ((bytes[p + 3] ?? 0) << 8)] ?? -1;
    const c = PAIRS[(bytes[p + 4] ?? 0) | ((bytes[p + 5] ?? 0) << 8)] ?? -1;
    const d = PAIRS[(bytes[p + 6] ?? 0) | ((bytes[p + 7] ?? 0) << 8)] ?? -1;
    bad |= a | b | c | d;
    key[word] = (a << 24) | (b << 16) | (c << 8) | d;
  }
  return bad;
}

function takeText(key: Int32Array, address: string): boolean {
  if (address.length !== ADDRESS_CHARS || !address.startsWith("0x")) return false;
  let bad = 0;
  for (let word = WORDS - 1, p = 2; word >= 0; word--) {
    let value = 0;
    for (const end = p + 8; p < end; p += 2) {
      const first = address.charCodeAt(p);
      // A character beyond Latin-1 must not be taken for its low byte; the table ends before it.
      const pair = first > 0xff ? -1 : (PAIRS[first | (address.charCodeAt(p + 1) << 8)] ?? -1);
      bad |= pair;
      value = (value << 8) | pair;
    }
    key[word] = value;
  }
  return bad >= 0;
}

/** Every word counts, so that addresses with the same beginning or end spread as others do. */
function hashOf(key: Int32Array): number {
  const hash =
    Math.imul(key[0] ?? 0, 0x9e3779b1) ^
    Math.imul(key[1] ?? 0, 0x85ebca6b) ^
    Math.imul(key[2] ?? 0, 0xc2b2ae35) ^
    Math.imul(key[3] ?? 0, 0x27d4eb2f) ^
    Math.imul(key[4] ?? 0, 0x165667b1);
  return hash ^ (hash >>> 15);
}

/** Where the slot of the key begins, or the free one in which it would stand. */
function slotOf({ slots, mask }: State, key: Int32Array): number {
  for (let slot = hashOf(key) & mask; ; slot = (slot + 1) & mask) {
    const at = SLOT * slot;
    if (slots[at + ID] === 0) return at;
    if (
      slots[at] === key[0] &&
      slots[at + 1] === key[1] &&
      slots[at + 2] === key[2] &&
      slots[at + 3] === key[3] &&
      slots[at + 4] === key[4]
    )
      return at;
  }
}

const idOf = (state: State, key: Int32Array): number => (state.slots[slotOf(state, key) + ID] ?? 0) - 1;

function place(state: State, idPlusOne: number): void {
  const at = slotOf(state, state.key);
  const isNew = state.slots[at + ID] === 0;
  state.slots.set(state.key, at);
  state.slots[at + ID] = idPlusOne;
  if (!isNew) return;
  state.size++;
  if (3 * state.size > 2 * (state.mask + 1)) grow(state);
}

function grow(state: State): void {
  const { slots, mask } = state;
  Object.assign(state, emptySlots(2 * (mask + 1)));
  for (let at = 0; at < slots.length; at += SLOT) if (slots[at + ID] !== 0) move(state, slots, at);
}

/** Puts what begins at `at` in `from` where it belongs now. */
function move(state: State, from: Int32Array, at: number): void {
  const id = from[at + ID] ?? 0;
  state.key.set(from.subarray(at, at + WORDS));
  const to = slotOf(state, state.key);
  state.slots.set(state.key, to);
  state.slots[to + ID] = id;
}

/** What stands behind without a gap is placed anew, so that no search ends too early. */
function remove(state: State): boolean {
  const { slots, mask } = state;
  let at = slotOf(state, state.key);
  if (slots[at + ID] === 0) return false;
  slots[at + ID] = 0;
  state.size--;
  const last = SLOT * mask;
  for (;;) {
    at = at === last ? 0 : at + SLOT;
    const id = slots[at + ID] ?? 0;
    if (id === 0) return true;
    slots[at + ID] = 0;
    state.key.set(slots.subarray(at, at + WORDS));
    const to = slotOf(state, state.key);
    slots.set(state.key, to);
    slots[to + ID] = id;
  }
}
