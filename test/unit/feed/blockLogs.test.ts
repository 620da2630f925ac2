import { expect, test } from "vitest";
import { POOL_TOPICS } from "../../../src/amm/poolLog.ts";
import { createBlockLogs } from "../../../src/feed/blockLogs.ts";
import { createNoticedLogs } from "../../../src/feed/noticedLogs.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { addressOf, genesis, syncLog } from "../../support/marketBlocks.ts";

const POOL = addressOf(1);
const block = { ...genesis, logsBloom: `0x${"ff".repeat(256)}` as const };

const toWire = (log: ReturnType<typeof syncLog>, more: object = {}) => ({
  ...log,
  blockNumber: `0x${log.blockNumber.toString(16)}`,
  logIndex: `0x${log.logIndex.toString(16)}`,
  ...more,
});

/** What is proven of a block for which the node answers so; filtered by topics alone, as with many pools. */
async function proven(answer: readonly unknown[]) {
  const noticed = createNoticedLogs();
  const options = { topics: [POOL_TOPICS.sync], maxAddresses: 0, proofMs: 50 };
  const blockLogs = createBlockLogs(options, { clock: systemClock, noticed });
  blockLogs.watch([POOL]);
  return await blockLogs.of({ request: async () => answer }, block);
}

const ours = toWire(syncLog(block, POOL, 5n, 6n));

test("what strangers write under the topics of pools is no fault of the answer", async () => {
  const flood = toWire(syncLog(block, addressOf(666), 1n, 1n), {
    data: `0x${"00".repeat(9000)}`,
    logIndex: "0x1",
  });
  const { logs, tainted } = await proven([ours, flood]);
  expect(logs).toEqual([syncLog(block, POOL, 5n, 6n)]);
  expect(tainted).toEqual([]);
});

test("an unreadable log of a pool, or of nobody, refuses the answer", async () => {
  for (const broken of [{ data: `0x${"00".repeat(9000)}` }, { address: "0x1" }, { blockHash: null }])
    expect((await proven([ours, { ...ours, logIndex: "0x1", ...broken }])).tainted).toEqual([POOL]);
});
