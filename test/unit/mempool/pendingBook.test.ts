import { describe, expect, test } from "vitest";
import type { PendingBook } from "../../../src/mempool/pendingBook.ts";
import { addressOf, hashOf } from "../../support/marketBlocks.ts";
import { ALICE, BOB, bidding, pending, small } from "../../support/pendingBook.ts";

const standing = (book: PendingBook) =>
  book.earlierOf({ from: ALICE, nonce: 5 })?.map(({ hash }) => hash) ?? null;

test("the sender's earlier nonces come ascending; where one is missing between them they are not known", () => {
  const book = small();
  for (const nonce of [3, 5, 4, 9]) book.add(pending(`a${nonce}`, ALICE, nonce), 1);
  book.add(pending("b8", BOB, 8), 1);
  const nonces = (nonce: number, from = ALICE) => book.earlierOf({ from, nonce })?.map((one) => one.nonce);
  expect(nonces(3)).toEqual([]);
  expect(nonces(4)).toEqual([3]);
  expect(nonces(6)).toEqual([3, 4, 5]);
  expect(nonces(7)).toBeUndefined();
  expect(nonces(9)).toBeUndefined();
  expect(nonces(9, BOB)).toEqual([8]);
  expect(nonces(10, BOB)).toBeUndefined();
  expect(nonces(1, addressOf(3))).toEqual([]);
});

test("a row that is too long is not known", () => {
  const book = small({ mostEarlier: 3 });
  for (let nonce = 0; nonce < 10; nonce++) book.add(pending(`a${nonce}`, ALICE, nonce), 1);
  expect(book.earlierOf({ from: ALICE, nonce: 3 })?.map(({ nonce }) => nonce)).toEqual([0, 1, 2]);
  expect(book.earlierOf({ from: ALICE, nonce: 4 })).toBeNull();
});

describe("two transactions of one nonce", () => {
  const first = bidding(pending("first", ALICE, 4, "0x00ff"), 100n);
  const second = pending("second", ALICE, 4, "0xff");
  test("one that outbids the other supersedes it; the same one changes nothing", () => {
    const book = small();
    expect(book.add(first, 1)).toBe(true);
    expect(book.add(first, 9)).toBe(false);
    expect(book.add(bidding(second, 110n), 2)).toBe(true);
    expect(book.has(first.hash)).toBe(false);
    expect(book.get(second.hash)?.nonce).toBe(4);
    expect(standing(book)).toEqual([second.hash]);
    expect([book.size, book.bytes, book.superseded, book.shed]).toEqual([1, 1, 1, 0]);
  });

  test("and keeps its place where the other is told later", () => {
    const book = small();
    book.add(bidding(second, 110n), 1);
    expect(book.add(first, 2)).toBe(false);
    expect([book.has(first.hash), book.has(second.hash)]).toEqual([false, true]);
    expect(standing(book)).toEqual([second.hash]);
    expect([book.size, book.bytes, book.superseded]).toEqual([1, 1, 1]);
  });

  test.each([
    ["bids the same", bidding(second, 100n)],
    ["bids too little more", bidding(second, 109n)],
    ["bids more in one field alone", bidding(second, 1000n, 50n)],
    ["does not say what it bids", { ...second, maxFeePerGas: null }],
  ])("neither waits where the other %s, nor is anything known behind them", (_, other) => {
    const book = small();
    book.add(first, 1);
    expect(book.add(other, 1)).toBe(false);
    expect([book.has(first.hash), book.has(other.hash), book.size, book.bytes]).toEqual([false, false, 0, 0]);
    expect(standing(book)).toBeNull();
    expect(book.add(pending("next", ALICE, 5), 1)).toBe(true);
    expect(book.earlierOf({ from: ALICE, nonce: 6 })).toBeNull();
    expect(book.earlierOf({ from: ALICE, nonce: 4 })).toEqual([]);
  });

  test("a third one ends the dispute when it outbids both", () => {
    const book = small();
    book.add(first, 1);
    book.add(bidding(second, 50n, 200n), 1);
    expect(book.add(bidding(pending("third", ALICE, 4), 219n), 1)).toBe(false);
    expect(standing(book)).toBeNull();
    expect(book.add(bidding(pending("fourth", ALICE, 4), 241n), 1)).toBe(true);
    expect(standing(book)).toEqual([hashOf("fourth")]);
  });

  test("whichever is mined ends it as well", () => {
    for (const mined of [first, second]) {
      const book = small();
      book.add(first, 1);
      book.add(bidding(second, 100n), 1);
      book.add(pending("next", ALICE, 5), 1);
      book.mined([mined.hash], 2);
      expect(book.earlierOf({ from: ALICE, nonce: 6 })?.map(({ hash }) => hash)).toEqual([hashOf("next")]);
    }
  });
});

test("what stood before a waiting one and was let go is missed until it is spent", () => {
  const book = small({ mostBlocks: 10 });
  book.add(pending("a1", ALICE, 1), 100);
  for (const nonce of [2, 3]) book.add(pending(`a${nonce}`, ALICE, nonce), 105);
  expect(book.earlierOf({ from: ALICE, nonce: 2 })).toHaveLength(1);
  book.mined([], 111);
  expect([2, 3].map((nonce) => book.has(hashOf(`a${nonce}`)))).toEqual([true, true]);
  expect([2, 3].map((nonce) => book.earlierOf({ from: ALICE, nonce }))).toEqual([null, null]);
  // A higher bid has the place of what it supersedes.
  book.add(bidding(pending("another a2", ALICE, 2), 2n), 111);
  expect(book.earlierOf({ from: ALICE, nonce: 3 })).toBeNull();
  book.mined([hashOf("a2")], 112);
  expect(book.earlierOf({ from: ALICE, nonce: 3 })).toEqual([]);
  expect(book.earlierOf({ from: ALICE, nonce: 4 })).toHaveLength(1);
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
  book.add(bidding(pending("second", ALICE, 4), 2n), 1);
  book.add(pending("third", ALICE, 5), 1);
  book.mined([hashOf("first")], 2);
  expect([book.has(hashOf("second")), book.has(hashOf("third"))]).toEqual([false, true]);
});

test("what is told when it has been mined already does not wait", () => {
  const book = small({ mostTransactions: 3 });
  book.mined([hashOf("early"), hashOf("later")], 1);
  expect(book.add(pending("early"), 1)).toBe(false);
  // It is remembered for at least as many mined ones as the book holds.
  book.mined([hashOf("x"), hashOf("y")], 2);
  expect(book.add(pending("later"), 2)).toBe(false);
  expect(book.earlierOf({ from: ALICE, nonce: 1 })).toEqual([]);
  expect([book.size, book.superseded]).toEqual([0, 0]);
  expect(book.add(pending("new"), 2)).toBe(true);
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

test("what was let go is known when it is mined: the next one waits for nothing", () => {
  const book = small({ mostTransactions: 3 });
  book.add(pending("five", ALICE, 5), 1);
  const six = pending("six", ALICE, 6);
  book.add(six, 1);
  for (let i = 0; i < 2; i++) book.add(pending(`b${i}`, BOB, i), 1);
  expect([book.has(hashOf("five")), book.earlierOf(six)]).toEqual([false, null]);
  book.mined([hashOf("five")], 2);
  expect(book.earlierOf(six)).toEqual([]);
});

test("another of a spent nonce, or of an earlier one, does not wait when it is told late", () => {
  const book = small();
  book.add(bidding(pending("five", ALICE, 5), 200n), 1);
  book.mined([hashOf("five")], 2);
  expect(book.add(bidding(pending("late", ALICE, 5), 100n), 2)).toBe(false);
  expect(book.add(pending("earlier", ALICE, 4), 2)).toBe(false);
  const six = pending("six", ALICE, 6);
  expect(book.add(six, 2)).toBe(true);
  expect(book.earlierOf(six)).toEqual([]);
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
