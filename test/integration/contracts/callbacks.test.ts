import { encodeFunctionData, parseAbi } from "viem";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Address, Hex } from "../../../src/chain/types.ts";
import { CALLBACKS, startAttack, theftBy } from "../../support/contractsAttack.ts";
import type { Attack } from "../../support/contractsAttack.ts";
import { startStage } from "../../support/contractsStage.ts";
import type { Stage } from "../../support/contractsStage.ts";

let stage: Stage;
let attack: Attack;
let snapshot: unknown;

beforeAll(async () => {
  stage = await startStage();
  attack = await startAttack(stage);
  await stage.mint(stage.tokens.a, stage.executor, 1n);
});
afterAll(async () => stage?.stop());
beforeEach(async () => {
  snapshot = await stage.snapshot();
});
afterEach(async () => stage.restore(snapshot));

describe.each(CALLBACKS)("%s with nothing under way is refused", (name) => {
  const steal = async (from: Address): Promise<string> =>
    (await stage.send(from, stage.executor, theftBy(name, stage.tokens.a, stage.executor))).error;

  test("from an account, the operator and the owner", async () => {
    for (const from of [stage.stranger, stage.operator, stage.owner]) {
      expect(await steal(from)).toBe(`UnexpectedCallback(${from})`);
    }
  });

  test("from a contract", async () => {
    const theft = theftBy(name, stage.tokens.a, stage.executor);
    const mined = await stage.send(stage.stranger, attack.puppet, attack.puppetRun([stage.executor, theft]));
    expect(mined.error).toBe(`UnexpectedCallback(${attack.puppet})`);
  });

  test("from real pools of the real factories", async () => {
    const { v2Low, v3Low, algebraLow } = stage.pools;
    for (const { address } of [v2Low, v3Low, algebraLow]) {
      expect(await steal(address)).toBe(`UnexpectedCallback(${address})`);
    }
  });
});

test("a real pair that anyone makes lend to the executor is refused", async () => {
  const { address } = stage.pools.v2Low;
  const data = encodeFunctionData({
    abi: parseAbi(["function swap(uint256, uint256, address, bytes)"]),
    args: [1n, 0n, stage.executor, theftBy("uniswapV2Call", stage.tokens.a, stage.executor)],
  });
  expect((await stage.send(stage.stranger, address, data)).error).toBe(`UnexpectedCallback(${address})`);
});

const traceSchema = z.object({
  from: z.string(),
  to: z.string().optional(),
  input: z.custom<Hex>((value) => typeof value === "string" && value.startsWith("0x")),
  get calls() {
    return z.array(traceSchema).optional();
  },
});

/** Every call into the executor from a pool, with its bytes, in the mined transaction. */
async function callbacksOf(hash: Hex): Promise<readonly { from: Address; input: Hex }[]> {
  const found: { from: Address; input: Hex }[] = [];
  const walk = ({ from, to, input, calls }: z.infer<typeof traceSchema>): void => {
    if (to === stage.executor && from !== stage.operator) found.push({ from: `0x${from.slice(2)}`, input });
    calls?.forEach(walk);
  };
  walk(traceSchema.parse(await stage.rpc("debug_traceTransaction", [hash, { tracer: "callTracer" }])));
  return found;
}

test("the very callbacks of a landed cycle are refused when the very pools repeat them", async () => {
  for (const [base, names] of [
    ["a", ["v2High", "v3Low"]],
    ["b", ["algebraLow", "v3High"]],
  ] as const) {
    const mined = await stage.execute([await stage.price(base, names)]);
    const callbacks = await callbacksOf(mined.hash);
    expect(callbacks).toHaveLength(2);
    for (const { from, input } of callbacks) {
      expect((await stage.send(from, stage.executor, input)).error).toBe(`UnexpectedCallback(${from})`);
    }
  }
});
