import { expect, test } from "vitest";
import { createDecisionHash } from "../../../src/app/decisionHash.ts";
import type { Decision } from "../../../src/engine/decisions.ts";
import { pendingTransaction } from "../../support/pendingSwaps.ts";

const digestOf = (...steps: readonly (readonly Decision[])[]): string => {
  const hash = createDecisionHash();
  for (const step of steps) hash.add(step);
  return hash.digest();
};

const foresee = (transaction = pendingTransaction(0)): Decision => ({
  type: "foresee",
  transaction,
  parent: { number: 1, hash: "0x01" },
});

test("the order of fields does not count, every value and every step does", () => {
  const transaction = pendingTransaction(0);
  const turned = { ...transaction, ...Object.fromEntries(Object.entries(transaction).toReversed()) };
  const { signed, ...others } = transaction;
  expect(digestOf([foresee({ signed, ...others })])).toBe(digestOf([foresee(turned)]));
  expect(digestOf([foresee({ ...transaction, value: 1n })])).not.toBe(digestOf([foresee()]));
  expect(digestOf([], [foresee()])).not.toBe(digestOf([foresee()], []));
});
