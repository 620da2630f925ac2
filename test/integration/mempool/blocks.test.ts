import { afterAll, beforeAll, expect, test } from "vitest";
import { parsePendingTransaction } from "../../../src/feed/parse.ts";
import { createCalibration } from "../../../src/mempool/calibration.ts";
import { asSeen, startMempoolStage } from "../../support/mempoolStage.ts";
import type { MempoolStage } from "../../support/mempoolStage.ts";

const BLOCKS = 60;

let stage: MempoolStage;
beforeAll(async () => {
  stage = await startMempoolStage({ traders: true, seed: 41 });
});
afterAll(async () => await stage?.stop());

test("in full blocks every readable transaction does what is predicted where it stands", async () => {
  const { devnet } = stage;
  const calibration = createCalibration();
  const wrong: string[] = [];
  let starved = 0;
  for (let i = 0; i < BLOCKS; i++) {
    await stage.refreshFees();
    const timestamp = devnet.head().timestamp + 2;
    const { transactions } = await devnet.build();
    for (const receipt of transactions) {
      const transaction = parsePendingTransaction(receipt.signed.body);
      if (transaction === null) throw new Error(`${receipt.hash} is not readable`);
      const predicted = stage.predict(transaction, { timestamp });
      const seen = stage.follow(receipt);
      if (typeof predicted === "string") continue;
      // Out of gas, which a prediction does not look at.
      if (!receipt.ok && receipt.gasUsed * 20n > transaction.gas * 19n) {
        starved++;
        continue;
      }
      const same =
        (predicted.reverts === null) === receipt.ok &&
        predicted.complete &&
        JSON.stringify(asSeen(predicted), text) === JSON.stringify(seen, text);
      if (!same)
        wrong.push(`${receipt.hash} ${receipt.to} ${transaction.input.slice(0, 10)}: ${predicted.reverts}`);
      const key = `${receipt.to}.${transaction.input.slice(0, 10)}`;
      calibration.note(key, same ? (receipt.ok ? "exact" : "reverted") : "off", transaction.from);
    }
  }
  expect(wrong).toEqual([]);
  const rows = calibration.rows();
  expect(rows.reduce((sum, { exact }) => sum + exact, 0)).toBeGreaterThan(300);
  expect(rows.reduce((sum, { reverted }) => sum + reverted, 0)).toBeGreaterThan(5);
  expect(rows.length).toBeGreaterThan(15);
  expect(starved).toBeLessThan(5);
});

const text = (_key: string, value: unknown): unknown =>
  typeof value === "bigint" ? value.toString() : value instanceof Int32Array ? [...value] : value;
