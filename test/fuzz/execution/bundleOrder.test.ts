import * as fc from "fast-check";
import { parseTransaction } from "viem";
import { expect, test } from "vitest";
import { createMempool, OPENLY } from "../../../devnet/mempool.ts";
import { effectiveTip, type Fees } from "../../../src/chain/fees.ts";
import { rebuildRaw } from "../../../src/chain/rawTransaction.ts";
import type { Hash, PendingTransaction } from "../../../src/chain/types.ts";
import type { Bundle } from "../../../src/execution/bundle.ts";
import type { Channel } from "../../../src/execution/channels/channel.ts";
import { createExecution } from "../../../src/execution/execution.ts";
import { createLocalSigner } from "../../../src/execution/localSigner.ts";
import { loadPrimitives } from "../../../src/execution/primitives.ts";
import { promisedProfits } from "../../../src/execution/profits.ts";
import { silentLog } from "../../../src/lib/log.ts";
import { secret } from "../../../src/lib/secret.ts";
import { fakeChannel, headerOf } from "../../support/executionFakes.ts";
import { listenerParts, optionsOf } from "../../support/executionParts.ts";
import { EXECUTOR, TEST_KEY } from "../../support/executionPlan.ts";
import { backrunOf, pendingOf } from "../../support/executionTriggers.ts";

const SEED = 20_261_124;
const GWEI = 1_000_000_000n;
const PLANS = 100_000;
const primitives = await loadPrimitives(silentLog);
const signer = createLocalSigner(secret(TEST_KEY), primitives);

/** Mostly fees that a tail can bear, and any others. */
const fee = fc.oneof(
  fc.bigInt({ min: 25n * GWEI, max: 700n * GWEI }),
  fc.bigInt({ min: 0n, max: 10n ** 13n }),
);
const fields = fc.record({
  value: fc.bigInt({ min: 0n, max: 10n ** 20n }),
  input: fc.constantFrom("0x" as const, "0x38ed17390a" as const),
});
const pending = fc.oneof(
  fc
    .tuple(fields, fee, fee)
    .map(([rest, a, b]) => ({ ...rest, type: 2, maxFeePerGas: a + b, maxPriorityFeePerGas: b })),
  fc
    .tuple(fields, fee, fee)
    .map(([rest, a, b]) => ({ ...rest, type: 2, maxFeePerGas: a, maxPriorityFeePerGas: b })),
  fc.tuple(fields, fee, fc.constantFrom(0, 1)).map(([rest, gasPrice, type]) => ({
    ...rest,
    type,
    gasPrice,
    maxFeePerGas: null,
    maxPriorityFeePerGas: null,
  })),
);
const plan = fc.record({
  rows: fc.array(pending, { minLength: 1, maxLength: 4 }),
  nonce: fc.nat({ max: 1000 }),
  atomic: fc.boolean(),
  grace: fc.integer({ min: 0, max: 2 }),
  baseFee: fee,
});

const nothing = (): void => undefined;

/** An execution whose channel keeps what it is given and takes nothing, so that every plan finds the nonce free. */
async function start(atomic: boolean, graceBlocks: number) {
  const sent: Bundle[] = [];
  const channel: Channel = {
    ...fakeChannel(atomic),
    send: (bundle) => {
      sent.push(bundle);
      return Promise.resolve({ result: "refused", detail: "" });
    },
  };
  const counts = { trader: 0 };
  const decisionOf = backrunOf([pendingOf()]);
  const execution = createExecution(optionsOf(EXECUTOR, { graceBlocks }), {
    ...listenerParts().parts,
    rpc: {
      request: (method, [account]) =>
        Promise.resolve(
          method === "eth_getTransactionCount"
            ? `0x${(account === signer.address ? 7 : counts.trader).toString(16)}`
            : { number: "0x64", hash: headerOf(100).hash, baseFeePerGas: "0x1" },
        ),
    },
    journal: {
      open: nothing,
      signed: nothing,
      submitted: nothing,
      close: nothing,
      openIntents: () => [],
      tailTriggers: () => [],
    },
    simulator: {
      method: "eth_simulateV1",
      simulate: () =>
        Promise.resolve({ type: "ok", gasUsed: 150_000n, realised: promisedProfits(decisionOf.plan) }),
    },
    live: { signer, keccak256: primitives.keccak256, channels: [channel] },
  });
  await execution.recover();
  return { execution, sent, counts };
}

const feesOf = (trigger: PendingTransaction) => ({
  maxFeePerGas: trigger.maxFeePerGas ?? trigger.gasPrice ?? -1n,
  maxPriorityFeePerGas: trigger.maxPriorityFeePerGas ?? trigger.gasPrice ?? -1n,
});

/** The hashes of the row, and "ours", in the order in which the local chain's producer takes them; ours came last. */
function borOrder(
  behind: readonly PendingTransaction[],
  fees: Fees,
  baseFee: bigint,
): readonly (Hash | "ours")[] {
  const pool = createMempool();
  const first = behind[0]?.nonce ?? 0;
  const rest = { raw: "0x", to: null, gas: 0n, value: 0n, body: {} } as const;
  for (const transaction of behind) {
    const { hash, from, nonce } = transaction;
    pool.add({ ...rest, hash, from, nonce, ...feesOf(transaction) }, first, OPENLY);
  }
  pool.add({ ...rest, hash: "0x", from: signer.address, nonce: 7, ...fees }, 7, OPENLY);
  const order = pool.ordered(baseFee, (sender) => (sender === signer.address ? 7 : first));
  return order.map(({ hash, from }) => (from === signer.address ? "ours" : hash));
}

/** Whether ours is mined before one of the row, or without it. */
const isAhead = (order: ReturnType<typeof borOrder>, behind: readonly PendingTransaction[]): boolean =>
  order.includes("ours") && (order.length <= behind.length || order.at(-1) !== "ours");

test(
  "of 100,000 generated plans, in bundles and as tails, behind up to four transactions, none has ours before one of them",
  { timeout: 600_000 },
  async () => {
    const runs = new Map<string, Awaited<ReturnType<typeof start>>>();
    for (const atomic of [true, false])
      for (const grace of [0, 1, 2]) runs.set(`${atomic} ${grace}`, await start(atomic, grace));
    const seen = { bundles: 0, tails: 0, rows: 0 };
    let plans = 0;
    await fc.assert(
      fc.asyncProperty(plan, async ({ rows, nonce, atomic, grace, baseFee }) => {
        const run = runs.get(`${atomic} ${grace}`);
        if (run === undefined) throw new Error("no run");
        const behind = rows.map((row, i) => pendingOf({ ...row, nonce: nonce + i }));
        run.counts.trader = nonce;
        run.sent.length = 0;
        const net = 10n ** 20n;
        const decision = backrunOf(behind, { intentId: `i${plans++}`, baseFeePerGas: baseFee, net });
        await run.execution.submit(decision);
        expect(run.sent.length).toBeLessThanOrEqual(1);
        for (const { transactions, targetBlocks } of run.sent) {
          const theirs = behind.map(rebuildRaw);
          expect(transactions.slice(0, -1)).toEqual(theirs);
          const ours = transactions.at(-1) ?? "0x";
          expect(theirs).not.toContain(ours);
          const { to, maxFeePerGas = 0n, maxPriorityFeePerGas = 0n } = parseTransaction(ours);
          expect(to).toBe(EXECUTOR);
          seen[atomic ? "bundles" : "tails"]++;
          if (behind.length > 1) seen.rows++;
          if (atomic) continue;
          // As much as the cheapest of the row under every base fee: never before one of it.
          const fees = { maxFeePerGas, maxPriorityFeePerGas };
          const bids = behind.map(feesOf);
          for (const base of [0n, baseFee, 2n * baseFee, ...bids.map((bid) => bid.maxFeePerGas - GWEI)]) {
            const tips = bids.map((bid) => effectiveTip(bid, base));
            expect(effectiveTip(fees, base)).toBe(tips.reduce((least, tip) => (tip < least ? tip : least)));
            expect(isAhead(borOrder(behind, fees, base), behind)).toBe(false);
          }
          expect(borOrder(behind, fees, baseFee)).toContain("ours");
          expect(targetBlocks).toEqual([decision.targetBlock]);
        }
      }),
      { numRuns: PLANS, seed: SEED },
    );
    console.log(`bundle order: seed ${SEED}, sent ${JSON.stringify(seen)}`);
    expect(plans).toBe(PLANS);
    expect(seen.bundles).toBeGreaterThan(PLANS / 4);
    expect(seen.tails).toBeGreaterThan(PLANS / 20);
    expect(seen.rows).toBeGreaterThan(PLANS / 10);
  },
);
