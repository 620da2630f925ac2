import { type Arbitrary, array, assert, bigInt, integer, nat, property, record } from "fast-check";
import { expect, test } from "vitest";
import {
  netBetween,
  positionAtOrBelow,
  tickTable,
  withPosition,
  wordEnd,
  wordStart,
} from "../../../src/amm/tickTable.ts";

test("entries are sorted, and a tick may appear once", () => {
  const table = tickTable([
    [60, -5n],
    [-120, 5n],
  ]);
  expect([...table.indexes]).toEqual([-120, 60]);
  expect(table.liquidityNet).toEqual([5n, -5n]);
  expect(table.liquidityGross).toBeUndefined();
  expect(() =>
    tickTable([
      [60, 1n],
      [60, 2n],
    ]),
  ).toThrow(/tick 60 appears twice/);
});

test("the greatest tick at or below", () => {
  const table = tickTable([
    [-120, 1n],
    [0, 1n],
    [60, -2n],
  ]);
  expect([-121, -120, -1, 0, 59, 60, 1000].map((tick) => positionAtOrBelow(table, tick))).toEqual([
    -1, 0, 0, 1, 1, 2, 2,
  ]);
  expect(positionAtOrBelow(tickTable([]), 5)).toBe(-1);
});

test("words of the bitmap, as the contract walks them", () => {
  // down: the word of the tick itself, its lowest tick
  expect(
    [0, 59, 60, 255 * 60 + 59, 256 * 60, -1, -60, -256 * 60, -256 * 60 - 1].map((t) => wordStart(t, 60)),
  ).toEqual([0, 0, 0, 0, 256 * 60, -256 * 60, -256 * 60, -256 * 60, -512 * 60]);
  // up: the word of the next tick, its highest tick
  expect([-61, -60, -1, 0, 254 * 60, 255 * 60, 256 * 60].map((t) => wordEnd(t, 60))).toEqual([
    -60,
    255 * 60,
    255 * 60,
    255 * 60,
    255 * 60,
    511 * 60,
    511 * 60,
  ]);
});

test("net liquidity between two ticks counts the upper one, and turns its sign downwards", () => {
  const table = tickTable([
    [-60, 7n],
    [0, 5n],
    [60, -12n],
  ]);
  expect(netBetween(table, -61, -60)).toBe(7n);
  expect(netBetween(table, -60, -60)).toBe(0n);
  expect(netBetween(table, -61, 59)).toBe(12n);
  expect(netBetween(table, 59, -61)).toBe(-12n);
});

test("a burn of what is not there is refused", () => {
  const empty = tickTable([]);
  expect(withPosition(empty, -60, 60, -1n)).toBeNull();
  const table = withPosition(empty, -60, 60, 10n);
  if (table === null) throw new Error("a mint is never refused");
  expect(withPosition(table, -60, 60, -11n)).toBeNull();
  expect(withPosition(table, -60, 120, -1n)).toBeNull();
});

test("without gross liquidity a burn to net zero ends a tick, a mint to net zero does not", () => {
  const table = tickTable([
    [0, 10n],
    [60, -10n],
  ]);
  const joined = withPosition(table, 60, 120, 10n);
  expect(joined && [...joined.indexes]).toEqual([0, 60, 120]);
  const gone = withPosition(table, 0, 60, -10n);
  expect(gone && [...gone.indexes]).toEqual([]);
});

const add = (map: Map<number, bigint>, tick: number, amount: bigint): void =>
  void map.set(tick, (map.get(tick) ?? 0n) + amount);

interface Move {
  readonly lower: number;
  readonly width: number;
  readonly amount: bigint;
}

const moveArb: Arbitrary<Move> = record({
  lower: integer({ min: -5, max: 5 }),
  width: integer({ min: 1, max: 5 }),
  amount: bigInt({ min: 1n, max: 5n }),
});

test("after any mints and their burns the table is the sum of the positions that remain", () => {
  assert(
    property(array(moveArb, { maxLength: 12 }), nat(12), (moves, kept) => {
      let table = tickTable([]);
      const apply = ({ lower, width, amount }: Move, sign: bigint): void => {
        const next = withPosition(table, lower, lower + width, sign * amount);
        if (next === null) throw new Error("refused");
        table = next;
      };
      for (const move of moves) apply(move, 1n);
      for (const move of moves.slice(kept)) apply(move, -1n);
      const net = new Map<number, bigint>();
      const gross = new Map<number, bigint>();
      for (const { lower, width, amount } of moves.slice(0, kept)) {
        add(net, lower, amount);
        add(net, lower + width, -amount);
        add(gross, lower, amount);
        add(gross, lower + width, amount);
      }
      const ticks = [...gross.keys()].toSorted((a, b) => a - b);
      expect([...table.indexes]).toEqual(ticks);
      expect(table.liquidityNet).toEqual(ticks.map((tick) => net.get(tick)));
      expect(table.liquidityGross).toEqual(ticks.map((tick) => gross.get(tick)));
    }),
    { seed: 3, numRuns: 1000 },
  );
});
