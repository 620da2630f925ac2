import { encodeAbiParameters, encodeFunctionData, parseAbiParameters, toFunctionSelector } from "viem";
import { executorAbi } from "../../src/chain/executorAbi.ts";
import type { Address, Hex, PoolKind } from "../../src/chain/types.ts";
import { E18, opportunityOf } from "./contractsMarket.ts";
import type { Opportunity } from "../../src/search/opportunity.ts";
import type { Stage } from "./contractsStage.ts";

export const CALLBACKS = ["uniswapV2Call", "uniswapV3SwapCallback", "algebraSwapCallback"] as const;
export type Callback = (typeof CALLBACKS)[number];

export const KINDS: readonly PoolKind[] = ["v2", "v3", "algebra"];
export const OWN_CALLBACK: Readonly<Record<PoolKind, Callback>> = {
  v2: "uniswapV2Call",
  v3: "uniswapV3SwapCallback",
  algebra: "algebraSwapCallback",
};

export const BORROWED = 10n * E18;
/** What the attacker's pool hands out: enough for a cycle that pays. */
export const PAID = 20n * E18;

export const selectorOf = (name: string): Hex => {
  const item = executorAbi.find((part) => part.type === "function" && part.name === name);
  if (item === undefined || item.type !== "function") throw new Error(`the executor has no ${name}`);
  return toFunctionSelector(item);
};

const debtParameters = parseAbiParameters([
  "Debt debt",
  "struct Debt { address token; uint256 amount; uint256 held; Hop[] hops; }",
  "struct Hop { uint8 kind; address pool; bool zeroForOne; uint24 feePpm; address tokenOut; }",
]);

/** A callback as a thief would write it, well-formed to the last byte: pay me ten thousand tokens. */
export const theftBy = (name: Callback, token: Address, executor: Address): Hex => {
  const amount = 10_000n * E18;
  const data = encodeAbiParameters(debtParameters, [{ token, amount, held: 0n, hops: [] }]);
  return name === "uniswapV2Call"
    ? encodeFunctionData({ abi: executorAbi, functionName: name, args: [executor, 1n, 0n, data] })
    : encodeFunctionData({ abi: executorAbi, functionName: name, args: [amount, -1n, data] });
};

export interface Echo {
  readonly selector: Hex;
  readonly delta: bigint;
  readonly times: number;
  readonly tamper: boolean;
}

/** The attacker's side of the stage: a pool that can be given any manners, one more to help it, a contract to act. */
export async function startAttack(stage: Stage) {
  const fake = await stage.make("FakePool");
  const accomplice = await stage.make("FakePool");
  const puppet = await stage.make("Puppet");

  const tell = async (pool: Address, functionName: string, args: readonly unknown[]): Promise<void> => {
    await stage.must(stage.stranger, pool, stage.call("FakePool", functionName, args));
  };

  /** How the pool calls back; unless told otherwise as its family does, for the borrowed amount. */
  const setEcho = async (pool: Address, kind: PoolKind, changes: Partial<Echo> = {}): Promise<void> =>
    tell(pool, "setEcho", [
      { selector: selectorOf(OWN_CALLBACK[kind]), delta: BORROWED, times: 1, tamper: false, ...changes },
    ]);

  const ask = async (pool: Address, functionName: string): Promise<unknown> =>
    stage.read(pool, stage.artifact("FakePool").abi, functionName);

  /** a → b in the fake pool, which pays 20 b for 10 a, then b → a in a real pair: lands if the fake behaves. */
  async function planWithFakeFirst(kind: PoolKind): Promise<Opportunity> {
    const { a, b } = stage.tokens;
    const honest = await stage.price("b", ["v2Low", "v3High"], PAID);
    const [second] = honest.hops;
    if (second === undefined) throw new Error("no hop");
    await stage.mint(b, fake, PAID);
    await tell(fake, "setPayout", [b, PAID]);
    await tell(fake, "setReserves", [E18, E18]);
    const first = { pool: fake, kind, tokenIn: a, tokenOut: b, zeroForOne: a < b };
    const hops = [{ ...first, amountIn: BORROWED, amountOut: PAID }, second];
    return { ...opportunityOf(a, hops), profit: 1n };
  }

  /** a → b in a real pair, then b → a in the fake pool, which pays 20 a. */
  async function planWithFakeSecond(kind: PoolKind, echo: Partial<Echo> = {}): Promise<Opportunity> {
    const { a, b } = stage.tokens;
    const [first] = (await stage.price("a", ["v2High", "v2Low"], BORROWED)).hops;
    if (first === undefined) throw new Error("no hop");
    await setEcho(fake, kind, { delta: first.amountOut, ...echo });
    await stage.mint(a, fake, PAID);
    await tell(fake, "setPayout", [a, PAID]);
    const second = { ...first, pool: fake, kind, tokenIn: b, tokenOut: a, zeroForOne: b < a };
    return { ...opportunityOf(a, [first, second]), profit: PAID - BORROWED };
  }

  return {
    fake,
    accomplice,
    puppet,
    tell,
    setEcho,
    planWithFakeFirst,
    planWithFakeSecond,
    /** How many of its extra calls the fake pool has tried, and how many went through. */
    counts: async () => ({ tried: await ask(fake, "tried"), succeeded: await ask(fake, "succeeded") }),
    lastData: async () => ask(fake, "lastData"),
    puppetRun: (...calls: readonly (readonly [target: Address, data: Hex])[]): Hex =>
      stage.call("Puppet", "run", [calls.map(([target, data]) => ({ target, data }))]),
  };
}

export type Attack = Awaited<ReturnType<typeof startAttack>>;
