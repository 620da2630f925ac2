import { decodeErrorResult, encodeDeployData } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type Anvil, startAnvil } from "../../../devnet/anvil.ts";
import type { Address, Hex } from "../../../src/chain/types.ts";
import { createRandom, fuzzSeed, type Random } from "../../support/ammChainRandom.ts";
import { npmArtifact } from "../../support/ammChain.ts";
import { SENDER } from "../../unit/mempool/decodeCases.ts";
import { damaged, decode, decoder, type Sample, samples, wrapped } from "./calldata.ts";

// The routers' own word on which calldata can be read. They check the deadline once their arguments are decoded: with
// one in the past, an answer that names the deadline says that the arguments were read, and an empty one that not.

const PAST = 1_600_000_000n;
const NOW = 1_800_000_000n;
const DEAD: Address = `0x${"de".repeat(20)}`;
const DEADLINE = /EXPIRED|Transaction too old/;
const CASES = 4000;
const BATCH = 200;

const hex = z.custom<Hex>((value) => typeof value === "string" && /^0x[0-9a-f]*$/.test(value));
const reply = z.object({
  id: z.number(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string(), data: hex.optional() }).optional(),
});

let anvil: Anvil;
beforeAll(async () => {
  anvil = await startAnvil(["--hardfork=cancun"]);
});
afterAll(async () => await anvil?.stop());

type Request = readonly [method: string, params: readonly unknown[]];

/** The answers in the order of the requests. */
async function ask(requests: readonly Request[]) {
  const body = requests.map(([method, params], id) => ({ jsonrpc: "2.0", id, method, params }));
  const response = await fetch(anvil.httpUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return z
    .array(reply)
    .parse(await response.json())
    .toSorted((a, b) => a.id - b.id);
}

/** Puts a router that knows no pool at an address, by running its creation code there. */
async function plant(path: string, at: Address, args: readonly unknown[]): Promise<void> {
  const { abi, bytecode } = npmArtifact(path);
  const data = encodeDeployData({ abi, bytecode, args });
  const [code] = await ask([["eth_call", [{ from: SENDER, data }, "latest"]]]);
  await ask([["anvil_setCode", [at, hex.parse(code?.result)]]]);
}

const ERROR_STRING = [{ type: "error", name: "Error", inputs: [{ name: "why", type: "string" }] }] as const;
const reasonOf = ({ error }: z.output<typeof reply>): string => {
  const data = error?.data ?? "0x";
  return data.startsWith("0x08c379a0") ? decodeErrorResult({ abi: ERROR_STRING, data }).args[0] : "";
};

/** Damaged calls, each with whether the router got as far as the deadline. */
async function answered(family: string, random: Random) {
  const [first, ...rest] = samples(PAST).filter(({ to }) => decoder.routerOf(to)?.family === family);
  if (first === undefined) throw new Error(`no samples of ${family}`);
  const found: Answer[] = [];
  while (found.length < CASES) {
    const batch = Array.from({ length: BATCH }, (): Sample => {
      const sound = random.pick([first, ...rest]);
      return { ...sound, input: damaged(sound, random) };
    }).filter(({ input }) => input.length % 2 === 0 && input.length >= 10);
    const replies = await ask(
      batch.map(({ to, input }) => [
        "eth_call",
        [{ from: SENDER, to, data: input }, "latest", {}, { time: `0x${NOW.toString(16)}` }],
      ]),
    );
    for (const [i, sample] of batch.entries()) {
      const answer = replies[i];
      if (answer !== undefined) found.push({ sample, reached: DEADLINE.test(reasonOf(answer)) });
    }
  }
  return found;
}

const ROUTERS = [
  ["v2", "@uniswap/v2-periphery/build/UniswapV2Router02.json", [DEAD, wrapped]],
  ["v3", "@uniswap/v3-periphery/artifacts/contracts/SwapRouter.sol/SwapRouter.json", [DEAD, wrapped]],
  [
    "algebra",
    "@cryptoalgebra/periphery/artifacts/contracts/SwapRouter.sol/SwapRouter.json",
    [DEAD, wrapped, DEAD],
  ],
] as const;

/** Refused by what stands behind the deadline, by coder 2 only when it is used, or by us. */
const LATER =
  /^its path|^the (first|last) token|^its amount|bits|^its calldata is too long|^its calls nest|^function 0x/;
/** Multicalls end at their first call, whatever stands behind; exactOutput finds its path after the deadline. */
const LAZY = /^0x(ac9650d8|f28c0498)/;

interface Answer {
  readonly sample: Sample;
  readonly reached: boolean;
}
type Verdict = "both" | "neither" | "unclear" | "only the contract" | "only we";

/** Who reads a call. */
function verdictOf({ sample, reached }: Answer): Verdict {
  const decoding = decode({ ...sample, value: 0n });
  if (decoding.type === "unsupported") {
    if (!reached) return "neither";
    return LAZY.test(sample.input) || LATER.test(decoding.why) ? "unclear" : "only the contract";
  }
  const [first] = decoding.calls;
  // With another deadline, or a payment first, the contract goes on, and fails for want of pools.
  if (first?.type !== "swap" || first.deadline === null || first.deadline >= NOW) return "unclear";
  return reached ? "both" : "only we";
}

test.each(ROUTERS)("%s: the contract reads what we read", async (family, path, args) => {
  const random = createRandom(fuzzSeed(`contracts ${family}`, 20_261_126));
  for (const to of new Set(samples().map((one) => one.to)))
    if (decoder.routerOf(to)?.family === family) await plant(path, to, args);
  const counts: Record<Verdict, number> = {
    both: 0,
    neither: 0,
    unclear: 0,
    "only the contract": 0,
    "only we": 0,
  };
  const odd: string[] = [];
  for (const answer of await answered(family, random)) {
    const verdict = verdictOf(answer);
    counts[verdict]++;
    if (verdict.startsWith("only")) odd.push(`${verdict}: ${answer.sample.kind} ${answer.sample.input}`);
  }
  console.log(`${family}: ${JSON.stringify(counts)}`);
  expect(odd).toEqual([]);
  expect(Math.min(counts.both, counts.neither)).toBeGreaterThan(CASES / 10);
});
