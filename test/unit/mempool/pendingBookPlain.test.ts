import { array, assert, nat, oneof, property, record } from "fast-check";
import { expect, test } from "vitest";
import type { Hash, PendingTransaction } from "../../../src/chain/types.ts";
import { addressOf } from "../../support/marketBlocks.ts";
import { bidding, pending, small } from "../../support/pendingBook.ts";

const outbidsPlainly = (bid: bigint, old: bigint) => bid > old && bid >= (old * 11n) / 10n;

/** The book told plainly: a list in order of arrival, and who holds each nonce. */
function plainBook(most: number, mostBlocks: number, mostEarlier: number) {
  type Row = { transaction: PendingTransaction; block: number };
  type Slot = { from: string; nonce: number; holder: Hash; waits: boolean; bid: bigint; bereft: boolean };
  let rows: Row[] = [];
  let slots: Slot[] = [];
  /** Mined, in as many at a time as the book holds; the last two lots count. */
  const lots: { hash: Hash; known: PendingTransaction | undefined }[][] = [[]];
  /** Let go while a later one of the sender waited. */
  let gone: PendingTransaction[] = [];
  const slotAt = (from: string, nonce: number) =>
    slots.find((slot) => slot.from === from && slot.nonce === nonce);
  const ofSender = (from: string) =>
    slots.filter((slot) => slot.from === from).toSorted((a, b) => a.nonce - b.nonce);
  const letGo = (row: Row) => {
    rows = rows.filter((one) => one !== row);
    const slot = slots.find(({ holder }) => holder === row.transaction.hash);
    if (slot === undefined) return;
    slots = slots.filter((one) => one !== slot);
    const next = ofSender(slot.from).find(({ nonce }) => nonce > slot.nonce);
    if (next === undefined) return;
    next.bereft = true;
    gone.push(row.transaction);
  };
  return {
    add: (transaction: PendingTransaction, block: number) => {
      const { hash, from, nonce, maxFeePerGas } = transaction;
      const spent = lots
        .slice(-2)
        .flat()
        .some((one) => one.hash === hash || (one.known?.from === from && nonce <= one.known.nonce));
      if (spent || rows.some((row) => row.transaction.hash === hash)) return;
      rows.push({ transaction, block });
      const bid = maxFeePerGas ?? 0n;
      const slot = slotAt(from, nonce);
      if (slot === undefined) slots.push({ from, nonce, holder: hash, waits: true, bid, bereft: false });
      else if (outbidsPlainly(bid, slot.bid)) Object.assign(slot, { holder: hash, waits: true, bid });
      else if (!outbidsPlainly(slot.bid, bid))
        Object.assign(slot, { waits: false, bid: bid > slot.bid ? bid : slot.bid });
      for (const row of rows.slice(0, -most)) letGo(row);
    },
    mined: (hashes: readonly Hash[], block: number) => {
      for (const hash of hashes) {
        const found =
          rows.find((row) => row.transaction.hash === hash)?.transaction ??
          gone.find((each) => each.hash === hash);
        gone = gone.filter((each) => each.hash !== hash);
        const lot = lots.at(-1)?.some((one) => one.hash === hash) ? [] : [{ hash, known: found }];
        if ((lots.at(-1)?.push(...lot) ?? 0) >= most) lots.push([]);
        if (found === undefined) continue;
        const spent = ofSender(found.from).filter(({ nonce }) => nonce <= found.nonce);
        const taken = new Set([hash, ...spent.map(({ holder }) => holder)]);
        rows = rows.filter(({ transaction }) => !taken.has(transaction.hash));
        slots = slots.filter((slot) => !spent.includes(slot));
        const next = slotAt(found.from, found.nonce + 1);
        if (next !== undefined) next.bereft = false;
      }
      for (const row of rows) if (block - row.block > mostBlocks) letGo(row);
    },
    waiting: () => slots.filter(({ waits }) => waits).map(({ holder }) => holder),
    earlierOf: (from: string, nonce: number) => {
      const own = ofSender(from);
      const earlier = own.filter((slot) => slot.nonce < nonce);
      const known =
        earlier.length <= mostEarlier &&
        earlier.every((slot, i) => slot.waits && slot.nonce === nonce - earlier.length + i) &&
        own.slice(0, earlier.length + 1).every(({ bereft }) => !bereft);
      return known ? earlier.map(({ holder }) => holder) : null;
    },
  };
}

/** The second outbids the first, the third neither, the fourth all. */
const BIDS = [100n, 110n, 105n, 121n];

const step = oneof(
  { weight: 4, arbitrary: record({ from: nat(2), nonce: nat(8), copy: nat(3) }) },
  { weight: 1, arbitrary: record({ mine: array(nat(107), { maxLength: 3 }) }) },
);

test("it does what a plain list does, whatever comes", () => {
  assert(
    property(array(step, { maxLength: 60 }), (steps) => {
      const book = small({ mostTransactions: 12, mostBlocks: 6 });
      const plain = plainBook(12, 6, 3);
      const all = Array.from({ length: 3 * 9 * BIDS.length }, (_, i) =>
        bidding(
          pending(`t${i}`, addressOf(1 + (i % 3)), Math.floor(i / 3) % 9),
          BIDS[Math.floor(i / 27)] ?? 0n,
        ),
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
          expect(book.earlierOf({ from, nonce })?.map(({ hash }) => hash) ?? null).toEqual(
            plain.earlierOf(from, nonce),
          );
      }
    }),
    { numRuns: 100 },
  );
});
