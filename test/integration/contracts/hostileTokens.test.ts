import { encodeFunctionData } from "viem";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { executorAbi } from "../../../src/chain/executorAbi.ts";
import type { Address, Hex } from "../../../src/chain/types.ts";
import { decodeRealised } from "../../../src/execution/calldata.ts";
import type { Opportunity } from "../../../src/search/opportunity.ts";
import { CALLBACKS, startAttack, theftBy } from "../../support/contractsAttack.ts";
import type { Attack } from "../../support/contractsAttack.ts";
import type { Mined } from "../../support/contractsChain.ts";
import { E18, TREASURY } from "../../support/contractsMarket.ts";
import type { MadePool } from "../../support/contractsMarket.ts";
import { encode, startStage } from "../../support/contractsStage.ts";
import type { Stage } from "../../support/contractsStage.ts";

let stage: Stage;
let attack: Attack;
let snapshot: unknown;

beforeAll(async () => {
  stage = await startStage();
  attack = await startAttack(stage);
});
afterAll(async () => stage?.stop());
beforeEach(async () => {
  snapshot = await stage.snapshot();
});
afterEach(async () => stage.restore(snapshot));

const SHAPES = ["V2 V2", "V3 V2", "V2 Algebra", "V3 V3"] as const;
type Shape = (typeof SHAPES)[number];

/** Pools between the token and plain `a`, 30 % apart: dear ones to sell `a` into, cheap ones to buy it back. */
async function makePools(token: Address, shape: Shape): Promise<readonly [MadePool, MadePool]> {
  const { a } = stage.tokens;
  const make = async (family: string, index: 0 | 1): Promise<MadePool> => {
    const percent = index === 0 ? 130n : 100n;
    if (family === "V2") return stage.makeV2(index, [a, 10_000n * E18], [token, 100n * E18 * percent]);
    return stage.makeConcentrated(family === "V3" ? 3000 : "algebra", [a, token], (E18 * percent) / 100n);
  };
  if (shape === "V3 V3") {
    const cheap = await stage.makeConcentrated(500, [a, token], E18);
    return [await make("V3", 0), cheap];
  }
  const [first = "", second = ""] = shape.split(" ");
  return [await make(first, 0), await make(second, 1)];
}

const make = async (name: string, shape: Shape, base?: "token"): Promise<[token: Address, Opportunity]> => {
  const token = await stage.makeToken(name);
  const [dear, cheap] = await makePools(token, shape);
  const priced =
    base === "token"
      ? await stage.priceCycle(token, [cheap, dear], E18)
      : await stage.priceCycle(stage.tokens.a, [dear, cheap], E18);
  expect(priced.profit).toBeGreaterThan(0n);
  return [token, priced];
};

const tell = async (
  token: Address,
  name: string,
  functionName: string,
  ...args: unknown[]
): Promise<void> => {
  await stage.must(stage.stranger, token, stage.call(name, functionName, args));
};

/** Whatever the token did: the treasury has what the event says, no less than nothing, and nothing stays behind. */
async function expectNoLoss(mined: Mined, base: Address, token: Address): Promise<void> {
  const treasury = await stage.balance(base, TREASURY);
  expect(treasury).toBe(
    decodeRealised(mined.logs, stage.executor).reduce((sum, { profit }) => sum + profit, 0n),
  );
  expect(treasury > 0n).toBe(mined.ok);
  expect(await stage.leftInside([stage.tokens.a, token])).toEqual([0n, 0n]);
}

const attempt = async (opportunity: Opportunity): Promise<Mined> =>
  stage.execute([opportunity], { minProfits: [1n] });

describe.each(SHAPES)("through %s", (shape) => {
  test("a token that answers nothing trades like any other", async () => {
    const [token, opportunity] = await make("SilentToken", shape);
    const mined = await stage.execute([opportunity]);
    expect(mined.error).toBe("");
    await expectNoLoss(mined, stage.tokens.a, token);
  });

  test("a token that answers false to the executor ends the cycle", async () => {
    const [token, opportunity] = await make("FalseToken", shape);
    await tell(token, "FalseToken", "refuse", stage.executor);
    const mined = await attempt(opportunity);
    // A concentrated pool delivers straight into the next pair: the executor never touches the token.
    const expected = shape === "V3 V2" ? /^$/ : new RegExp(`^TransferFailed\\(${token}, `);
    expect(mined.error).toMatch(expected);
    await expectNoLoss(mined, stage.tokens.a, token);
  });

  test.each([10_000n, 100_000n, 900_000n])("a token that keeps %d ppm of a transfer", async (feePpm) => {
    const [token, opportunity] = await make("FeeToken", shape);
    await tell(token, "FeeToken", "setFee", feePpm);
    const mined = await attempt(opportunity);
    // A pair swaps what has arrived; a concentrated pool insists on what it asked for. Nine tenths are too much.
    expect(mined.ok).toBe(shape.endsWith("V2") && feePpm <= 100_000n);
    expect(await stage.balance(stage.tokens.a, TREASURY)).toBeLessThan(opportunity.profit);
    await expectNoLoss(mined, stage.tokens.a, token);
  });

  test.each([10_000n, 900_000n])("a base that keeps %d ppm of a transfer cannot repay", async (feePpm) => {
    const [token, opportunity] = await make("FeeToken", shape, "token");
    await tell(token, "FeeToken", "setFee", feePpm);
    const mined = await attempt(opportunity);
    expect(mined.ok).toBe(false);
    await expectNoLoss(mined, token, stage.tokens.a);
  });

  test.each([990_000n, 1_010_000n])("a token whose balances go to %d ppm at every transfer", async (step) => {
    const [token, opportunity] = await make("RebaseToken", shape);
    await tell(token, "RebaseToken", "setStep", step);
    const mined = await attempt(opportunity);
    expect(await stage.leftInside([stage.tokens.a])).toEqual([0n]);
    expect((await stage.balance(stage.tokens.a, TREASURY)) > 0n).toBe(mined.ok);
  });

  test("a token that enters again by every door finds them shut, and the cycle lands to the wei", async () => {
    const nested = encode([await stage.price("a", ["v3High", "v3Low"])]);
    const sweep = encodeFunctionData({ abi: executorAbi, functionName: "sweep", args: [stage.tokens.a] });
    const doors: readonly Hex[] = [
      nested,
      sweep,
      ...CALLBACKS.map((name) => theftBy(name, stage.tokens.a, stage.executor)),
    ];
    const [token, opportunity] = await make("HookToken", shape);
    const before = await stage.snapshot();
    let stand = before;
    for (const door of doors) {
      await tell(token, "HookToken", "setHook", stage.executor, door);
      const mined = await stage.execute([opportunity]);
      expect(mined.error).toBe("");
      await expectNoLoss(mined, stage.tokens.a, token);
      const { abi } = stage.artifact("HookToken");
      expect(await stage.read(token, abi, "tried")).not.toBe(0n);
      expect(await stage.read(token, abi, "succeeded")).toBe(0n);
      await stage.restore(stand);
      stand = await stage.snapshot();
    }
  });
});

test("a token that enters again with the operator's and the owner's own rights finds the doors shut", async () => {
  const { puppet, puppetRun } = attack;
  const executor = await stage.deploy(stage.artifact("ArbExecutor"), [puppet, TREASURY, puppet]);
  const [token, opportunity] = await make("HookToken", "V2 V2");
  const nested = encode([await stage.price("a", ["v3High", "v3Low"])]);
  const sweep = encodeFunctionData({ abi: executorAbi, functionName: "sweep", args: [token] });
  const { abi } = stage.artifact("HookToken");
  const run = puppetRun([executor, encode([opportunity])]);
  for (const door of [nested, sweep]) {
    const before = await stage.snapshot();
    await tell(token, "HookToken", "setHook", puppet, puppetRun([executor, door]));
    await stage.must(stage.stranger, puppet, run);
    expect(await stage.read(token, abi, "tried")).not.toBe(0n);
    expect(await stage.read(token, abi, "succeeded")).toBe(0n);
    await stage.restore(before);
  }
});
