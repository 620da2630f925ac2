import { array, assert, nat, oneof, property, record } from "fast-check";
import { expect, test } from "vitest";
import type { Hash, PendingTransaction } from "../../../src/chain/types.ts";
import { createPendingBook, pendingBookDefaults } from "../../../src/mempool/pendingBook.ts";
import { addressOf, hashOf } from "../../support/marketBlocks.ts";

const ALICE = addressOf(1);
const BOB = addressOf(2);

const pending = (
  name: string,
  from = ALICE,
  nonce = 0,
  input: PendingTransaction["input"] = "0x",
): PendingTransaction => ({
  hash: hashOf(name),
  from,
  to: null,
  nonce,
  value: 0n,
  gas: 21_000n,
  input,
  type: 2,
  gasPrice: null,
  maxFeePerGas: 1n,
  maxPriorityFeePerGas: 1n,
  signed: null,
});

const small = (change: Partial<typeof pendingBookDefaults> = {}) =>
  createPendingBook({ ...pendingBookDefaults, ...change });

test("earlier nonces of the sender come ascending, up to the first gap and no further", () => {
  const book = small();
  for (const nonce of [3, 7, 5, 6, 9]) book.add(pending(`a${nonce}`, ALICE, nonce), 1);
  book.add(pending("b8", BOB, 8), 1);
  const nonces = (nonce: number, from = ALICE) => book.earlierOf({ from, nonce }).map((one) => one.nonce);
  expect(nonces(8)).toEqual([5, 6, 7]);
  expect(nonces(5)).toEqual([]);
  expect(nonces(4)).toEqual([3]);
  expect(nonces(9)).toEqual([]);
  expect(nonces(9, BOB)).toEqual([8]);
  expect(nonces(1, addressOf(3))).toEqual([]);
});

test("a long row ends at its bound, with the nearest", () => {
  const book = small({ mostEarlier: 3 });
  for (let nonce = 0; nonce < 10; nonce++) book.add(pending(`a${nonce}`, ALICE, nonce), 1);
  expect(book.earlierOf({ from: ALICE, nonce: 10 }).map(({ nonce }) => nonce)).toEqual([7, 8, 9]);
});

test("another transaction of the same nonce supersedes the former; the same one changes nothing", () => {
  const book = small();
  book.add(pending("first", ALICE, 4, "0x00ff"), 1);
  book.add(pending("first", ALICE, 4, "0x00ff"), 9);
  book.add(pending("second", ALICE, 4, "0xff"), 2);
  expect(book.has(hashOf("first"))).toBe(false);
  expect(book.get(hashOf("second"))?.nonce).toBe(4);
  expect(book.earlierOf({ from: ALICE, nonce: 5 }).map(({ hash }) => hash)).toEqual([hashOf("second")]);
  expect([book.size, book.bytes, book.superseded, book.shed]).toEqual([1, 1, 1, 0]);
});

test("a mined transaction takes with it all that its sender can no longer send", () => {
  const book = small();
  for (const nonce of [1, 2, 3, 5, 6]) book.add(pending(`a${nonce}`, ALICE, nonce), 1);
  book.add(pending("b1", BOB, 1), 1);
  book.mined([hashOf("a5"), hashOf("nobody's")], 2);
  expect([1, 2, 3, 5, 6].map((nonce) => book.has(hashOf(`a${nonce}`)))).toEqual([
    false,
    false,
    false,
    false,
    true,
  ]);
  expect(book.has(hashOf("b1"))).toBe(true);
  expect(book.size).toBe(2);
});

test("a superseded transaction that is mined after all spends the nonce of what superseded it", () => {
  const book = small();
  book.add(pending("first", ALICE, 4), 1);
  book.add(pending("second", ALICE, 4), 1);
  book.add(pending("third", ALICE, 5), 1);
  book.mined([hashOf("first")], 2);
  expect([book.has(hashOf("second")), book.has(hashOf("third"))]).toEqual([false, true]);
});

test("nonces far apart cost no walk between them", () => {
  const book = small();
  book.add(pending("low", ALICE, 0), 1);
  book.add(pending("high", ALICE, Number.MAX_SAFE_INTEGER - 1), 1);
  book.mined([hashOf("high")], 2);
  expect(book.size).toBe(0);
});

test("what waits too long expires", () => {
  const book = small({ mostBlocks: 10 });
  book.add(pending("old", ALICE, 1), 100);
  book.add(pending("young", ALICE, 2), 105);
  book.mined([], 110);
  expect(book.size).toBe(2);
  book.mined([], 111);
  expect([book.has(hashOf("old")), book.has(hashOf("young")), book.expired]).toEqual([false, true, 1]);
});

test("too many transactions, or too many bytes, shed the oldest", () => {
  const few = small({ mostTransactions: 3 });
  for (let i = 0; i < 5; i++) few.add(pending(`a${i}`, ALICE, i), 1);
  expect([0, 1, 2, 3, 4].filter((i) => few.has(hashOf(`a${i}`)))).toEqual([2, 3, 4]);
  expect([few.size, few.shed]).toEqual([3, 2]);
  const light = small({ mostBytes: 5 });
  for (let i = 0; i < 3; i++) light.add(pending(`b${i}`, BOB, i, "0xffff"), 1);
  expect([light.size, light.bytes, light.shed]).toEqual([2, 4, 1]);
  light.add(pending("huge", BOB, 9, `0x${"ff".repeat(6)}`), 1);
  expect([light.size, light.bytes, light.shed]).toEqual([0, 0, 4]);
});

/** The book told plainly: a list in order of arrival. */
function plainBook(most: number, mostBlocks: number) {
  type Row = { hash: Hash; from: string; nonce: number; block: number; waits: boolean };
  let rows: Row[] = [];
  return {
    add: ({ hash, from, nonce }: PendingTransaction, block: number) => {
      if (rows.some((row) => row.hash === hash)) return;
      for (const row of rows) if (row.from === from && row.nonce === nonce) row.waits = false;
      rows = [...rows, { hash, from, nonce, block, waits: true }].slice(-most);
    },
    mined: (hashes: readonly Hash[], block: number) => {
      for (const hash of hashes) {
        const found = rows.find((row) => row.hash === hash);
        if (found === undefined) continue;
        rows = rows.filter(
          (row) => row !== found && !(row.waits && row.from === found.from && row.nonce <= found.nonce),
        );
      }
      while (rows[0] !== undefined && block - rows[0].block > mostBlocks) rows.shift();
    },
    waiting: () => rows.filter(({ waits }) => waits).map(({ hash }) => hash),
    earlierOf: (from: string, nonce: number) => {
      const row: Hash[] = [];
      for (let before = nonce - 1; ; before--) {
        const found = rows.find((one) => one.waits && one.from === from && one.nonce === before);
        if (found === undefined) return row.toReversed();
        row.push(found.hash);
      }
    },
  };
}

const step = oneof(
  { weight: 4, arbitrary: record({ from: nat(2), nonce: nat(8), copy: nat(2) }) },
  { weight: 1, arbitrary: record({ mine: array(nat(80), { maxLength: 3 }) }) },
);

test("it does what a plain list does, whatever comes", () => {
  assert(
    property(array(step, { maxLength: 60 }), (steps) => {
      const book = small({ mostTransactions: 12, mostBlocks: 6 });
      const plain = plainBook(12, 6);
      const all = Array.from({ length: 3 * 9 * 3 }, (_, i) =>
        pending(`t${i}`, addressOf(1 + (i % 3)), Math.floor(i / 3) % 9),
      );
      let block = 1;
      for (const one of steps) {
        if ("mine" in one) {
          block++;
          const hashes = one.mine.flatMap((i) => all[i]?.hash ?? []);
          book.mined(hashes, block);
          plain.mined(hashes, block);
        } else {
          const transaction = all[one.from + 3 * one.nonce + 27 * one.copy];
          if (transaction === undefined) throw new Error("no such transaction");
          book.add(transaction, block);
          plain.add(transaction, block);
        }
        const waiting = plain.waiting();
        expect(
          all
            .filter(({ hash }) => book.has(hash))
            .map(({ hash }) => hash)
            .toSorted(),
        ).toEqual(waiting.toSorted());
        expect(book.size).toBe(waiting.length);
        for (const { from, nonce } of all)
          expect(book.earlierOf({ from, nonce }).map(({ hash }) => hash)).toEqual(
            plain.earlierOf(from, nonce),
          );
      }
    }),
    { numRuns: 60 },
  );
});
