import { afterAll, beforeAll, expect, test } from "vitest";
import { flowExample } from "../../../devnet/flow/example.ts";
import { FLOW_KINDS } from "../../../devnet/flow/kinds.ts";
import type { OrderTerms } from "../../../devnet/flow/order.ts";
import type { Call } from "../../../devnet/signing.ts";
import { asSeen, startMempoolStage } from "../../support/mempoolStage.ts";
import type { MempoolStage } from "../../support/mempoolStage.ts";

const PAST = 1_600_000_000n;

let stage: MempoolStage;
beforeAll(async () => {
  stage = await startMempoolStage();
});
afterAll(async () => await stage?.stop());

/** Predicts the call, mines it alone, and holds one against the other: every hop, every state, and why it failed. */
async function checked(name: string, call: Call): Promise<"exact" | "reverted"> {
  const { alice } = stage.devnet.accounts;
  await stage.refreshFees();
  const { to, data, value = 0n } = call;
  const predicted = stage.predict({ from: alice.address, to, value, input: data });
  const reason = await stage.reasonOf(alice, call);
  const receipt = await stage.mine(alice, call);
  const seen = stage.follow(receipt);
  if (typeof predicted === "string") throw new Error(`${name} is not read: ${predicted}`);
  expect([name, predicted.reverts, predicted.complete]).toEqual([name, reason, true]);
  expect([name, receipt.ok]).toEqual([name, reason === null]);
  expect([name, asSeen(predicted)]).toEqual([name, seen]);
  return receipt.ok ? "exact" : "reverted";
}

const KINDS = FLOW_KINDS.filter(({ name }) => !name.startsWith("aggregator."));

const example = (name: string, terms: Omit<OrderTerms, "trader"> & { pools?: number }): Call | null => {
  try {
    return flowExample(stage.devnet.market, name, { trader: stage.devnet.accounts.alice.address, ...terms })
      .call;
  } catch {
    return null;
  }
};

test.each(KINDS)("$name does on chain what was predicted, over one to three pools", async ({ name }) => {
  const done: string[] = [];
  for (const pools of [1, 2, 3])
    for (const usd of [1, 1_000]) {
      const call = example(name, { usd, pools });
      if (call !== null) done.push(await checked(`${name} ${pools} ${usd}`, call));
    }
  expect(done).toContain("exact");
});

test.each(KINDS)("$name fails on chain for the reason that was predicted", async ({ name, hasDeadline }) => {
  for (const pools of [1, 2, 3]) {
    const call = example(name, { usd: 900, pools, bound: "impossible" });
    if (call !== null) await checked(`${name} ${pools} impossible`, call);
  }
  const late = hasDeadline ? example(name, { usd: 900, deadline: PAST }) : null;
  expect(late === null ? "reverted" : await checked(`${name} late`, late)).toBe("reverted");
});

/** Enough to walk over all words of an empty bitmap. */
const MUCH_GAS = 15_000_000n;

const swap = (name: string, usd: number): Promise<string> => {
  const call = example(name, { usd, pools: 1 });
  if (call === null) throw new Error(`no way suits ${name}`);
  return checked(`${name} ${usd}`, { ...call, gas: MUCH_GAS });
};

test("large trades cross ticks, and drain what there is, as predicted", async () => {
  for (const name of ["v3.exactInputSingle", "algebra.exactInputSingle"])
    for (const usd of [10_000, 40_000, 160_000, 1_000_000]) await swap(name, usd);
  expect(await swap("v3.exactOutputSingle", 1_000_000)).toBe("reverted");
});
