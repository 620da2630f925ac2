import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { flowExample } from "../../../devnet/flow/example.ts";
import { HexText } from "../../../devnet/hex.ts";
import { RpcError as DevnetError } from "../../../devnet/rpc.ts";
import type { EmittedLog } from "../../../src/chain/types.ts";
import type { FeedEvent } from "../../../src/engine/events.ts";
import { createForesight, foresightDefaults, type ForesightMethod } from "../../../src/feed/foresight.ts";
import { latestHeader, type Asking } from "../../../src/feed/headers.ts";
import { RpcError } from "../../../src/feed/rpcError.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { silentLog } from "../../../src/lib/log.ts";
import { PATIENT } from "../../support/patience.ts";
import { startMempoolStage, type MempoolStage } from "../../support/mempoolStage.ts";
import { pendingTransaction } from "../../support/pendingSwaps.ts";

let stage: MempoolStage;
beforeAll(async () => {
  stage = await startMempoolStage();
});
afterAll(async () => await stage?.stop());

const GWEI = 10n ** 9n;
const FEES = { maxFeePerGas: 60n * GWEI, maxPriorityFeePerGas: 30n * GWEI };
const GAS = 2_000_000n;

/** The local chain as a node that has one way to simulate. */
const nodeWith = (only: ForesightMethod): Asking => ({
  request: async (method, params) => {
    if (["eth_simulateV1", "debug_traceCall"].includes(method) && method !== only)
      throw new RpcError(method, -32601, "the method does not exist", undefined);
    try {
      return await stage.devnet.rpc(method, params);
    } catch (error) {
      if (error instanceof DevnetError) throw new RpcError(method, -32000, error.message, error.data);
      throw error;
    }
  },
});

/** Alice's trade of so many dollars through one Algebra pool, in whose first swap of a block the fee is set anew. */
const tradeOf = (usd: number) => {
  const { devnet } = stage;
  const terms = { trader: devnet.accounts.alice.address, usd, pools: 1 };
  return { ...flowExample(devnet.market, "algebra.exactInputSingle", terms).call, gas: GAS };
};

async function mine(usd: number): Promise<readonly EmittedLog[]> {
  const { devnet } = stage;
  const hash = await devnet.transact(devnet.accounts.alice, tradeOf(usd), FEES);
  const { transactions } = await devnet.build();
  const receipt = transactions.find((one) => one.hash === hash);
  if (receipt?.ok !== true) throw new Error("the trade was not mined");
  return receipt.logs.map(({ address, topics, json }) => ({
    address,
    topics,
    data: HexText.parse(json["data"]),
  }));
}

/** What a node that simulates in this way says of the trade, on top of the newest block. */
async function foreseenBy(method: ForesightMethod, usd: number): Promise<FeedEvent | undefined> {
  const node = nodeWith(method);
  const tip = await latestHeader(node);
  const told: FeedEvent[] = [];
  const foresight = createForesight(foresightDefaults, {
    clock: systemClock,
    log: silentLog,
    heads: { tip },
    timeline: { emit: (event) => void told.push(event) },
  });
  await foresight.use(node, new AbortController().signal);
  expect(foresight.stats().method).toBe(method);
  const { to, data, value = 0n } = tradeOf(usd);
  const from = stage.devnet.accounts.alice.address;
  foresight.ask(pendingTransaction(0, { from, to, input: data, value, gas: GAS }), tip);
  await vi.waitUntil(() => told.length > 0, PATIENT);
  return told[0];
}

test("a simulation tells what is mined: at the time of the next block, not at its parent's", async () => {
  for (let round = 1; round < 5; round++) {
    // Unrest, which the pool weighs by the seconds that have gone by.
    await mine(20_000 * round);
    const simulated = await foreseenBy("eth_simulateV1", 500);
    const traced = await foreseenBy("debug_traceCall", 500);
    const logs = await mine(500);
    expect([simulated, traced]).toMatchObject([{ logs }, { logs }]);
  }
});
