import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { V2State } from "../../../src/amm/poolState.ts";
import { amountIn, swap } from "../../../src/amm/swap.ts";
import { toJson } from "../../../src/lib/bigint.ts";
import type { Address } from "../../../src/chain/types.ts";
import { callForAddress, type AmmChain, npmArtifact, startAmmChain } from "../../support/ammChain.ts";
import { createRandom, fuzzSeed, type Random } from "../../support/ammChainRandom.ts";

const UINT112_MAX = (1n << 112n) - 1n;
const CASES = 27_000;
const BATCH = 150;

let chain: AmmChain;
let pair: Address;
let router: Address;

/** The probe is compiled first; on a loaded machine that takes its time. */
const COMPILE_MS = 240_000;

beforeAll(async () => {
  chain = await startAmmChain();
  const factory = npmArtifact("@uniswap/v2-core/build/UniswapV2Factory.json");
  const [token0, token1] = await chain.tokens();
  const factoryAddress = await chain.deploy(factory, [chain.probe]);
  await chain.send(factoryAddress, factory.abi, "createPair", [token0, token1]);
  pair = await callForAddress(chain, factoryAddress, factory.abi, ["getPair", token0, token1]);
  router = await chain.deploy(npmArtifact("@uniswap/v2-periphery/build/UniswapV2Router02.json"), [
    factoryAddress,
    token0,
  ]);
}, COMPILE_MS);
afterAll(() => chain?.stop());

interface Case {
  readonly state: V2State;
  readonly zeroForOne: boolean;
  readonly amountIn: bigint;
  /** What we say that this input buys; 0n where we refuse it. */
  readonly amountOut: bigint;
}

function randomCase(random: Random): Case {
  const reserve = (): bigint =>
    random.chance(0.05) ? UINT112_MAX - random.bits(0, 20) : random.bits(1, 112);
  const state: V2State = { kind: "v2", feePpm: 3000, reserve0: reserve(), reserve1: reserve() };
  const zeroForOne = random.chance(0.5);
  const room = UINT112_MAX - (zeroForOne ? state.reserve0 : state.reserve1);
  const given = random.chance(0.05) ? room + BigInt(random.integer(-1, 1)) : random.bits(1, 112);
  const input = given > 0n ? given : 1n;
  const result = swap(state, { zeroForOne, amountIn: input });
  return { state, zeroForOne, amountIn: input, amountOut: result.ok ? result.swap.amountOut : 0n };
}

const outcomeSchema = z.object({
  ok: z.boolean(),
  moreOk: z.boolean(),
  reserve0: z.bigint(),
  reserve1: z.bigint(),
  routerOut: z.bigint(),
  routerIn: z.bigint(),
});
type Outcome = z.infer<typeof outcomeSchema>;

/** Where the pair or the router's library differ from what we say; empty when they do not. */
function differences({ state, zeroForOne, amountIn: given, amountOut }: Case, outcome: Outcome): string[] {
  const result = swap(state, { zeroForOne, amountIn: given });
  const faults: string[] = [];
  const same = (what: string, ours: unknown, theirs: unknown): void => {
    if (ours !== theirs) faults.push(`${what}: ${String(ours)}, not ${String(theirs)}`);
  };
  // One unit more would break the pair's invariant; nothing at all it does not sell.
  same("sold", result.ok && amountOut > 0n, outcome.ok);
  same("one unit more sold", false, outcome.moreOk);
  if (!result.ok) same("refusal", result.refusal, "reserve_overflow");
  else same("amountOut", amountOut, outcome.routerOut);
  if (!result.ok || !outcome.ok || result.swap.after.kind !== "v2") return faults;
  same("reserve0", result.swap.after.reserve0, outcome.reserve0);
  same("reserve1", result.swap.after.reserve1, outcome.reserve1);
  // Asked by output: the router's number, which exact division lifts one unit above the least.
  const asked = amountIn(state, zeroForOne, amountOut);
  same("amountIn", asked, outcome.routerIn);
  if (asked !== null && asked > given + 1n) faults.push(`asks ${asked} for what ${given} bought`);
  return faults;
}

test("V2 pairs do what we compute, to the unit", async () => {
  const random = createRandom(fuzzSeed("v2", 0x5eed02));
  let swapped = 0;
  for (let done = 0; done < CASES; done += BATCH) {
    const cases = Array.from({ length: BATCH }, () => randomCase(random));
    const encoded = cases.map(({ state, ...rest }) => ({ ...rest, ...state }));
    const answer = await chain.call(chain.probe, chain.probeAbi, "runPair", [pair, router, encoded]);
    const outcomes = z.array(outcomeSchema).parse(answer);
    for (const [i, outcome] of outcomes.entries()) {
      const asked = cases[i];
      if (asked === undefined) throw new Error("more outcomes than cases");
      const found = differences(asked, outcome);
      if (found.length > 0) throw new Error(`${toJson(asked)}\n${found.join("\n")}`);
      if (outcome.ok) swapped++;
    }
  }
  console.log(`v2: ${CASES} cases, ${swapped} swapped`);
  expect(swapped).toBeGreaterThan(20_000);
});
