import { afterAll, beforeAll, expect, test } from "vitest";
import { flowExample } from "../../../devnet/flow/example.ts";
import { FLOW_KINDS } from "../../../devnet/flow/kinds.ts";
import type { OrderTerms } from "../../../devnet/flow/order.ts";
import type { Call } from "../../../devnet/signing.ts";
import { startMempoolStage } from "../../support/mempoolStage.ts";
import type { MempoolStage } from "../../support/mempoolStage.ts";

const PAST = 1_600_000_000n;

let stage: MempoolStage;
beforeAll(async () => {
  stage = await startMempoolStage();
});
afterAll(async () => await stage?.stop());

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
  const done: (string | null)[] = [];
  for (const pools of [1, 2, 3])
    for (const usd of [1, 1_000]) {
      const call = example(name, { usd, pools });
      if (call !== null) done.push(await stage.check(`${name} ${pools} ${usd}`, call));
    }
  expect(done).toContain(null);
});

test.each(KINDS)("$name fails on chain for the reason that was predicted", async ({ name, hasDeadline }) => {
  for (const pools of [1, 2, 3]) {
    const call = example(name, { usd: 900, pools, bound: "impossible" });
    expect(call === null || (await stage.check(`${name} ${pools} impossible`, call)) !== "").toBe(true);
  }
  const late = hasDeadline ? example(name, { usd: 900, deadline: PAST }) : null;
  if (late !== null) await stage.check(`${name} late`, late);
});

/** Enough to walk over all words of an empty bitmap. */
const MUCH_GAS = 15_000_000n;

const swap = (name: string, usd: number): Promise<string | null> => {
  const call = example(name, { usd, pools: 1 });
  if (call === null) throw new Error(`no way suits ${name}`);
  return stage.check(`${name} ${usd}`, { ...call, gas: MUCH_GAS });
};

test("large trades cross ticks, and drain what there is, as predicted", async () => {
  for (const family of ["v3", "algebra"]) {
    expect(await swap(`${family}.exactOutputSingle`, 1_000_000)).toBe("execution reverted");
    for (const usd of [10_000, 40_000, 160_000, 1_000_000])
      expect(await swap(`${family}.exactInputSingle`, usd)).toBeNull();
    expect(await swap(`${family}.exactInputSingle`, 1)).toBe("SPL");
  }
});
