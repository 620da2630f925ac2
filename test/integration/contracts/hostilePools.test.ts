import { encodeFunctionData, parseAbi } from "viem";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { executorAbi } from "../../../src/chain/executorAbi.ts";
import type { Address } from "../../../src/chain/types.ts";
import {
  BORROWED,
  CALLBACKS,
  KINDS,
  OWN_CALLBACK,
  PAID,
  selectorOf,
  startAttack,
  theftBy,
} from "../../support/contractsAttack.ts";
import type { Attack } from "../../support/contractsAttack.ts";
import { E18, opportunityOf, TREASURY } from "../../support/contractsMarket.ts";
import { encode, startStage } from "../../support/contractsStage.ts";
import type { Stage } from "../../support/contractsStage.ts";

let stage: Stage;
let attack: Attack;
let fake: Address;
let snapshot: unknown;

beforeAll(async () => {
  stage = await startStage();
  attack = await startAttack(stage);
  fake = attack.fake;
});
afterAll(async () => stage?.stop());
beforeEach(async () => {
  snapshot = await stage.snapshot();
});
afterEach(async () => stage.restore(snapshot));

describe.each(KINDS)("an attacker's %s pool as first hop", (kind) => {
  const run = async (): Promise<string> =>
    (await stage.execute([await attack.planWithFakeFirst(kind)])).error;

  test("lands when it behaves: what follows fails for its own reason", async () => {
    await attack.setEcho(fake, kind);
    expect(await run()).toBe("");
    expect(await stage.balance(stage.tokens.a, TREASURY)).toBeGreaterThan(0n);
  });

  test.each(CALLBACKS.filter((name) => name !== OWN_CALLBACK[kind]))("may not call %s", async (name) => {
    await attack.setEcho(fake, kind, { selector: selectorOf(name) });
    expect(await run()).toBe(`UnexpectedCallback(${fake})`);
  });

  test("may not call back twice", async () => {
    await attack.setEcho(fake, kind, { times: 2 });
    expect(await run()).toBe(`UnexpectedCallback(${fake})`);
  });

  test("may not change one bit of the bytes", async () => {
    await attack.setEcho(fake, kind, { tamper: true });
    expect(await run()).toBe(`UnexpectedCallback(${fake})`);
  });

  test("may not leave the callback open", async () => {
    await attack.setEcho(fake, kind, { times: 0 });
    expect(await run()).toBe(`CallbackMissing(${fake})`);
  });

  test.each(CALLBACKS)("may not let an accomplice call %s with the right bytes", async (name) => {
    await attack.setEcho(fake, kind);
    await attack.setEcho(attack.accomplice, kind, { selector: selectorOf(name) });
    await attack.tell(fake, "setAccomplice", [attack.accomplice]);
    expect(await run()).toBe("");
    expect(await attack.counts()).toEqual({ tried: 1n, succeeded: 0n });
    expect(await stage.balance(stage.tokens.a, attack.accomplice)).toBe(0n);
  });

  test("gains nothing by a real pair's loan or by calls of its own in the middle of the swap", async () => {
    const { a } = stage.tokens;
    await attack.setEcho(fake, kind);
    const lend = encodeFunctionData({
      abi: parseAbi(["function swap(uint256, uint256, address, bytes)"]),
      args: [1n, 0n, stage.executor, "0x01"],
    });
    await attack.tell(fake, "addExtra", [stage.pools.v2Ca.address, lend]);
    const sweep = encodeFunctionData({ abi: executorAbi, functionName: "sweep", args: [a] });
    const execute = encode([await stage.price("a", ["v3High", "v3Low"])]);
    const thefts = CALLBACKS.map((name) => theftBy(name, a, stage.executor));
    for (const data of [...thefts, sweep, execute]) {
      await attack.tell(fake, "addExtra", [stage.executor, data]);
    }
    expect(await run()).toBe("");
    expect(await attack.counts()).toEqual({ tried: 6n, succeeded: 0n });
  });
});

test.each(
  (["v3", "algebra"] as const).flatMap((kind) =>
    [BORROWED + 1n, BORROWED - 1n, 0n, -BORROWED].map((delta) => ({ kind, delta })),
  ),
)("an attacker's $kind pool as first hop may not ask for $delta", async ({ kind, delta }) => {
  await attack.setEcho(fake, kind, { delta });
  const mined = await stage.execute([await attack.planWithFakeFirst(kind)]);
  expect(mined.error).toMatch(new RegExp(`^PaymentMismatch\\(${fake}, -?\\d+, ${BORROWED}\\)$`));
});

describe("an attacker's pool as second hop", () => {
  test.each([
    { kind: "v2", times: 0 },
    { kind: "v3", times: 1 },
    { kind: "algebra", times: 1 },
  ] as const)("lands when it behaves as $kind", async ({ kind, times }) => {
    expect((await stage.execute([await attack.planWithFakeSecond(kind, { times })])).error).toBe("");
  });

  test.each([
    { kind: "v2", echo: {}, error: "UnexpectedCallback" },
    ...(["v3", "algebra"] as const).flatMap((kind) => [
      { kind, echo: { delta: PAID }, error: "PaymentMismatch" },
      { kind, echo: { delta: 1n }, error: "PaymentMismatch" },
      { kind, echo: { times: 2 }, error: "UnexpectedCallback" },
      { kind, echo: { times: 0 }, error: "CallbackMissing" },
      { kind, echo: { tamper: true }, error: "UnexpectedCallback" },
      { kind, echo: { selector: selectorOf("uniswapV2Call") }, error: "UnexpectedCallback" },
    ]),
  ] as const)("ends in $error as $kind with $echo", async ({ kind, echo, error }) => {
    const mined = await stage.execute([await attack.planWithFakeSecond(kind, echo)]);
    expect(mined.error).toMatch(new RegExp(`^${error}\\(${fake}`));
  });
});

describe("an operator and owner that is a contract", () => {
  let executor: Address;

  beforeEach(async () => {
    const { puppet } = attack;
    executor = await stage.deploy(stage.artifact("ArbExecutor"), [puppet, TREASURY, puppet]);
  });

  test("cannot be made to enter again, neither by a plan nor by a sweep", async () => {
    const { puppet, puppetRun } = attack;
    await attack.setEcho(fake, "v3");
    const opportunity = await attack.planWithFakeFirst("v3");
    const nested = encode([await stage.price("a", ["v3High", "v3Low"])]);
    const sweep = encodeFunctionData({ abi: executorAbi, functionName: "sweep", args: [stage.tokens.b] });
    await attack.tell(fake, "addExtra", [puppet, puppetRun([executor, nested])]);
    await attack.tell(fake, "addExtra", [puppet, puppetRun([executor, sweep])]);
    const mined = await stage.send(stage.stranger, puppet, puppetRun([executor, encode([opportunity])]));
    expect(mined.error).toBe("");
    expect(await attack.counts()).toEqual({ tried: 2n, succeeded: 0n });
  });

  test("leaves no callback open after its plan, within one transaction", async () => {
    const { puppet, puppetRun } = attack;
    await attack.setEcho(fake, "v3");
    const data = encode([await attack.planWithFakeFirst("v3")]);
    const before = await stage.snapshot();
    await stage.must(stage.stranger, puppet, puppetRun([executor, data]));
    const again = stage.call("FakePool", "callBack", [executor, await attack.lastData()]);
    await stage.restore(before);
    const mined = await stage.send(stage.stranger, puppet, puppetRun([executor, data], [fake, again]));
    expect(mined.error).toBe(`UnexpectedCallback(${fake})`);
  });

  test("may run two plans in one transaction: the lock opens again", async () => {
    const { puppet, puppetRun } = attack;
    const [first, second] = [
      encode([await stage.price("a", ["v3High", "v3Low"])]),
      encode([await stage.price("b", ["algebraLow", "v2High"])]),
    ];
    const run = puppetRun([executor, first], [executor, second]);
    expect((await stage.send(stage.stranger, puppet, run)).error).toBe("");
  });
});

test.each(KINDS.flatMap((first) => KINDS.map((second) => ({ first, second }))))(
  "an operator's own $first and $second pools cannot take out what lies here",
  async ({ first, second }) => {
    const { a, b } = stage.tokens;
    const resting = 5n * E18;
    await stage.mint(a, stage.executor, resting);
    await stage.mint(b, stage.executor, resting);
    await attack.setEcho(fake, first, { delta: E18 });
    await attack.setEcho(attack.accomplice, second, { delta: resting, times: second === "v2" ? 0 : 1 });
    await attack.tell(fake, "setReserves", [E18, 100n * E18]);
    const hop = { amountIn: E18, amountOut: resting, zeroForOne: true };
    const route = opportunityOf(a, [
      { ...hop, pool: fake, kind: first, tokenIn: a, tokenOut: b },
      { ...hop, pool: attack.accomplice, kind: second, tokenIn: b, tokenOut: a },
    ]);
    const mined = await stage.execute([{ ...route, profit: 1n }]);
    expect(mined.ok).toBe(false);
    expect(await stage.leftInside([a, b])).toEqual([resting, resting]);
  },
);
