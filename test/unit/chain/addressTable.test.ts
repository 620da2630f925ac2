import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createAddressTable, type AddressTable } from "../../../src/chain/addressTable.ts";
import type { Address } from "../../../src/chain/types.ts";

const PRIME = 0x9e3779b1;
const word = (value: number): string => (value >>> 0).toString(16).padStart(8, "0");

/** Few and close, so that operations meet. */
const address: fc.Arbitrary<Address> = fc
  .tuple(fc.constantFrom("0", "f", "a5"), fc.integer({ min: 0, max: 40 }), fc.boolean())
  .map(([filling, i, low]) => {
    const digits = i.toString(16).padStart(2, "0");
    return `0x${low ? digits.padStart(40, filling) : digits.padEnd(40, filling)}` as const;
  });

const limbsOf = (of: Address): Int32Array =>
  Int32Array.from([34, 26, 18, 10, 2], (at) => Number.parseInt(of.slice(at, at + 8), 16) | 0);

/** By all three ways in. */
function idsIn(table: AddressTable, of: Address): readonly number[] {
  const upper = Buffer.from(`..${of.slice(2).toUpperCase()}"`);
  return [table.get(of), table.find(Buffer.from(of), 2), table.find(upper, 2), table.findLimbs(limbsOf(of))];
}

test("the table is a map, whatever comes and goes", () => {
  const operation = fc.oneof(
    { weight: 3, arbitrary: fc.tuple(fc.constant("set" as const), address, fc.nat()) },
    { weight: 2, arbitrary: fc.tuple(fc.constant("delete" as const), address, fc.constant(0)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant("get" as const), address, fc.constant(0)) },
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 120 }), (operations) => {
      const table = createAddressTable();
      const map = new Map<Address, number>();
      for (const [what, of, id] of operations) {
        if (what === "set") {
          table.set(of, id % 1000);
          map.set(of, id % 1000);
        }
        const gone = what === "delete" && table.delete(of);
        expect(gone).toBe(what === "delete" && map.delete(of));
        const expected = map.get(of) ?? -1;
        expect(idsIn(table, of)).toEqual([expected, expected, expected, expected]);
      }
      expect(table.size).toBe(map.size);
      for (const [of, id] of map) expect(table.get(of)).toBe(id);
    }),
    { numRuns: 300 },
  );
});

const spread = (i: number): Address => `0x${word(Math.imul(i, PRIME))}${word(i).repeat(3)}${word(~i)}`;

test("20,000 addresses and as many strangers", () => {
  const table = createAddressTable();
  for (let i = 0; i < 20_000; i++) table.set(spread(i), i);
  const ids = Array.from({ length: 40_000 }, (_, i) => table.get(spread(i)));
  expect(ids.every((id, i) => id === (i < 20_000 ? i : -1))).toBe(true);
  expect(table.size).toBe(20_000);
  table.clear();
  expect(table.size).toBe(0);
  expect(table.get(spread(7))).toBe(-1);
});

test("addresses chosen to fall on one slot are told apart, also while they go", () => {
  // The lowest limb is multiplied by a constant and added as bits: what its top bits do, the mask never sees.
  const table = createAddressTable();
  const rivals = Array.from({ length: 500 }, (_, i): Address => `0x${"0".repeat(32)}${word(collider(i))}`);
  for (const [i, rival] of rivals.entries()) table.set(rival, i);
  const odd = rivals.filter((_, i) => i % 2 === 1);
  for (const rival of odd) expect(table.delete(rival)).toBe(true);
  for (const [i, rival] of rivals.entries()) expect(table.get(rival)).toBe(i % 2 === 1 ? -1 : i);
});

/** The `i`-th word of which `word * PRIME`, folded as the table folds it, ends in twelve zeros. */
function collider(i: number): number {
  const high = i << 15;
  const hash = high | ((high >>> 15) & 0xfff);
  return Math.imul(hash, inverse(PRIME));
}

/** Modulo 2^32, by Newton's iteration. */
function inverse(odd: number): number {
  let x = odd;
  for (let i = 0; i < 5; i++) x = Math.imul(x, 2 - Math.imul(odd, x));
  return x;
}

test("one bit of difference in any of the 20 bytes is another address", () => {
  const table = createAddressTable();
  const known = Buffer.from("6e7a5fafcec6bb1e78bae2a1f0b612012bf14827", "hex");
  table.set(`0x${known.toString("hex")}`, 7);
  for (let bit = 0; bit < 160; bit++) {
    const other = Buffer.from(known);
    other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(idsIn(table, `0x${other.toString("hex")}`)).toEqual([-1, -1, -1, -1]);
  }
});

test("what is no address is found nowhere and cannot be put in", () => {
  const table = createAddressTable();
  const known: Address = `0x${"f".repeat(40)}`;
  table.set(known, 3);
  for (const bad of [
    "",
    "0x",
    known.slice(1),
    `${known}f`,
    `0x${"f".repeat(39)}g`,
    `0x${"f".repeat(39)}ｆ`,
  ]) {
    expect(table.get(bad)).toBe(-1);
    expect(table.delete(bad)).toBe(false);
  }
  const text = Buffer.from(known);
  for (let at = 2; at < 42; at++) {
    for (const stranger of ['"', " ", "g", "@", "\u0000", "/", ":", "`"]) {
      const spoilt = Buffer.from(text);
      spoilt.write(stranger, at);
      expect(table.find(spoilt, 2)).toBe(-1);
    }
  }
  expect(table.find(text, 3)).toBe(-1);
  expect(() => table.set("0x12", 1)).toThrow(RangeError);
  for (const id of [-1, 0.5, 2 ** 31 - 1, Number.NaN]) expect(() => table.set(known, id)).toThrow(RangeError);
});
