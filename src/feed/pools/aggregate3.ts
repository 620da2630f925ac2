import type { Address, Hex } from "../../chain/types.ts";

/**
 * `Multicall3.aggregate3((address, bool, bytes)[])` by hand: loading the ticks of a large market makes hundreds of
 * thousands of calls, for which a general ABI encoder takes half a minute and most of the heap. A test holds it
 * equal to viem.
 */

const SELECTOR = "82ad56cb";
const WORD = 64;
const word = (value: number): string => value.toString(16).padStart(WORD, "0");
const TRUE = word(1);

/** Calldata; each call may fail on its own. */
export function encodeAggregate3(calls: readonly { readonly target: Address; readonly data: Hex }[]): Hex {
  const tuples = calls.map(({ target, data }) => {
    const bytes = data.slice(2);
    const padded = bytes.padEnd(Math.ceil(bytes.length / WORD) * WORD, "0");
    return target.slice(2).padStart(WORD, "0") + TRUE + word(96) + word(bytes.length / 2) + padded;
  });
  let offset = calls.length * 32;
  const offsets = tuples.map((tuple) => {
    const here = word(offset);
    offset += tuple.length / 2;
    return here;
  });
  return `0x${SELECTOR}${word(32)}${word(calls.length)}${offsets.join("")}${tuples.join("")}`;
}

/**
 * The `(bool success, bytes data)[]` that the contract answers with: the data, or null where the call failed or
 * gave nothing. Null for the whole when it is no such answer.
 */
export function decodeAggregate3(answer: string): readonly (Hex | null)[] | null {
  const text = answer.slice(2);
  const at = (position: number): number =>
    Number.parseInt(text.slice(position + WORD - 13, position + WORD), 16);
  const count = at(WORD);
  const body = 2 * WORD;
  if (at(0) !== 32 || !(count * WORD <= text.length - body)) return null;
  const results: (Hex | null)[] = [];
  for (let i = 0; i < count; i++) {
    const tuple = body + at(body + i * WORD) * 2;
    const bytes = tuple + at(tuple + WORD) * 2;
    const start = bytes + WORD;
    const end = start + at(bytes) * 2;
    if (!(end <= text.length)) return null;
    results.push(at(tuple) === 1 && end > start ? `0x${text.slice(start, end)}` : null);
  }
  return results;
}
