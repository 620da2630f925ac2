import { encodeAbiParameters, parseAbiParameters } from "viem";
import { expect, test } from "vitest";
import type { Hex } from "../../../src/chain/types.ts";
import { type Decoding, type SwapCall, swapsOf } from "../../../src/mempool/routerCall.ts";
import { createRandom, fuzzSeed } from "../../support/ammChainRandom.ts";
import {
  ABI,
  encode,
  POLYGON_ROUTER,
  ROUTER,
  SENDER,
  word,
  WRAPPED,
} from "../../unit/mempool/decodeCases.ts";
import { damaged, decode, type Sample, samples } from "./calldata.ts";

const CASES = 30_000;
const MOST_MS = 5;

const ATTEMPTS = 20;

/** The quickest of several: what else the machine does is not the decoder's. */
function timed(sample: Sample): { readonly decoding: Decoding; readonly ms: number } {
  let ms = Number.POSITIVE_INFINITY;
  let decoding = decode(sample);
  for (let i = 0; i < ATTEMPTS && ms >= MOST_MS; i++) {
    const start = performance.now();
    decoding = decode(sample);
    ms = Math.min(ms, performance.now() - start);
  }
  return { decoding, ms };
}

const isAddress = (text: string): boolean => /^0x[0-9a-f]{40}$/.test(text);
const isUint256 = (value: bigint): boolean => value >= 0n && value < 2n ** 256n;
const isSound = ({ path, feesPpm, amount, limit, recipient }: SwapCall): boolean =>
  path.length >= 2 &&
  [...path, recipient].every(isAddress) &&
  (feesPpm === null || feesPpm.length === path.length - 1) &&
  [amount, limit].every(isUint256);

/** What the types do not promise; null: nothing. */
function faultOf(decoding: Decoding): string | null {
  if (decoding.type === "unsupported") return decoding.why.startsWith("not read") ? decoding.why : null;
  return swapsOf(decoding.calls).every(isSound) ? null : "a swap that cannot be";
}

test("damaged calldata is read or refused, each within 5 ms, and nothing is thrown", () => {
  const random = createRandom(fuzzSeed("decode", 20_261_125));
  const [first, ...rest] = samples();
  if (first === undefined) throw new Error("no samples");
  const counts = { decoded: 0, unsupported: 0 };
  const faults: string[] = [];
  let slowest = 0;
  for (let i = 0; i < CASES; i++) {
    const sound = random.pick([first, ...rest]);
    const sample = { ...sound, value: random.chance(0.2) ? 0n : 10n ** 18n, input: damaged(sound, random) };
    const { decoding, ms } = timed(sample);
    const fault = faultOf(decoding);
    if (fault !== null) faults.push(`${fault}: ${sample.kind} ${sample.input}`);
    counts[decoding.type]++;
    slowest = Math.max(slowest, ms);
  }
  console.log(`${JSON.stringify(counts)}, slowest ${slowest.toFixed(2)} ms`);
  expect(faults).toEqual([]);
  expect(slowest).toBeLessThan(MOST_MS);
  // Both happen often: the damages are neither all fatal nor all harmless.
  expect(Math.min(counts.decoded, counts.unsupported)).toBeGreaterThan(CASES / 20);
});

const MULTICALL = "ac9650d8";
const nested = (depth: number, innermost: string): Hex => {
  let inner = innermost;
  for (let i = 0; i < depth; i++) {
    const padding = "0".repeat((64 - (inner.length % 64)) % 64);
    inner = MULTICALL + word(32) + word(1) + word(32) + word(inner.length / 2) + inner + padding;
  }
  return `0x${inner}`;
};

const PLAN = parseAbiParameters("bytes, bytes[]");
function nestedPlans(depth: number): Hex {
  let plan = encodeAbiParameters(PLAN, ["0x", []]);
  for (let i = 0; i < depth; i++) plan = encodeAbiParameters(PLAN, ["0x21", [plan]]);
  return `0x24856bc3${plan.slice(2)}`;
}

/** A multicall whose many elements are all the same bytes, which are such a multicall again. */
function sharing(depth: number, count: number): Hex {
  let inner = "12210e8a"; // refundETH()
  for (let i = 0; i < depth; i++) {
    const padding = "0".repeat((64 - (inner.length % 64)) % 64);
    const offsets = word(32 * count).repeat(count);
    inner = MULTICALL + word(32) + word(count) + offsets + word(inner.length / 2) + inner + padding;
  }
  return `0x${inner}`;
}

const longPath = (tokens: number): readonly Hex[] => [
  WRAPPED,
  ...Array.from({ length: tokens - 1 }, (_, i): Hex => `0x${(i + 1).toString(16).padStart(40, "0")}`),
];
const v2Swap = (amount: bigint, path: readonly Hex[]): Hex =>
  encode(ABI.v2, "swapExactTokensForTokens", [amount, 2n ** 256n - 1n, path, SENDER, 2n ** 256n - 1n]);
const MOST = 2n ** 256n - 1n;

const cases: readonly (readonly [name: string, to: Hex, input: Hex, want: Decoding["type"]])[] = [
  ["four multicalls", ROUTER.v3, nested(4, "12210e8a"), "decoded"],
  ["200 multicalls", ROUTER.v3, nested(200, ""), "unsupported"],
  ["1,500 multicalls", ROUTER.v3, nested(1500, ""), "unsupported"],
  ["300 plans", POLYGON_ROUTER.universal, nestedPlans(300), "unsupported"],
  ["30 plans", POLYGON_ROUTER.universal, nestedPlans(30), "unsupported"],
  ["100 calls that share their bytes", ROUTER.v3, sharing(4, 100), "unsupported"],
  ["200 calls that share their bytes", ROUTER.v3, sharing(3, 200), "unsupported"],
  ["a path of 200 tokens", POLYGON_ROUTER.v2, v2Swap(1n, longPath(200)), "decoded"],
  ["a path of 1,000 tokens", POLYGON_ROUTER.v2, v2Swap(1n, longPath(1000)), "decoded"],
  ["a path of 4,000 tokens", POLYGON_ROUTER.v2, v2Swap(1n, longPath(4000)), "unsupported"],
  ["an amount of 2^256 - 1", POLYGON_ROUTER.v2, v2Swap(MOST, longPath(2)), "decoded"],
  ["an array of 2^32 - 1", ROUTER.v3, `0x${MULTICALL}${word(32)}${word(2n ** 32n - 1n)}`, "unsupported"],
  [
    "an array of 900 nothings",
    ROUTER.v3,
    `0x${MULTICALL}${word(32)}${word(900)}${word(0).repeat(950)}`,
    "unsupported",
  ],
  ["nothing but ff", ROUTER.v3, `0x${MULTICALL}${"ff".repeat(32_000)}`, "unsupported"],
  ["a megabyte", ROUTER.v3, `0x${MULTICALL}${"00".repeat(1_000_000)}`, "unsupported"],
];

test.each(cases)("%s", (name, to, input, want) => {
  const sample = { kind: name, to, value: 0n, input };
  const { decoding, ms } = timed(sample);
  expect(faultOf(decoding)).toBeNull();
  expect(decoding.type).toBe(want);
  expect(ms).toBeLessThan(MOST_MS);
});
