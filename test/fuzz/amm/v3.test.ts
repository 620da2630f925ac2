import { afterAll, beforeAll, expect, test } from "vitest";
import { type AmmChain, type PoolFactory, startAmmChain, v3Factory } from "../../support/ammChain.ts";
import { emptyCoverage, fuzzPool } from "../../support/ammChainFuzz.ts";
import { createRandom, fuzzSeed } from "../../support/ammChainRandom.ts";

let chain: AmmChain;
let factory: PoolFactory;

/** The probe is compiled first; on a loaded machine that takes its time. */
const COMPILE_MS = 240_000;

beforeAll(async () => {
  chain = await startAmmChain();
  factory = await v3Factory(chain);
}, COMPILE_MS);
afterAll(() => chain?.stop());

const POOLS = 50;
const PER_ROUND = { rounds: 3, alone: 130, sequence: 20 };

test("Uniswap V3 pools do what we compute, to the unit", async () => {
  const random = createRandom(fuzzSeed("v3", 0x5eed03));
  const coverage = emptyCoverage();
  for (let i = 0; i < POOLS; i++) {
    // A factory knows one spacing for a fee: each pool has its own, and none of those built in.
    const feePpm = random.pick([1, 100, 500, 3000, 10_000, 200_000, 990_000]) + 1 + i;
    const tickSpacing = random.pick([1, 2, 10, 60, 200, 1000, 16_383]);
    await fuzzPool(chain, factory, random, {
      facts: { kind: "v3", feePpm, tickSpacing },
      ...PER_ROUND,
      coverage,
    });
  }
  console.log("v3", JSON.stringify(coverage));
  expect(coverage.swaps - coverage.refused).toBeGreaterThan(20_000);
  expect(coverage.crossed).toBeGreaterThan(2_000);
  expect(coverage.exactOut).toBeGreaterThan(5_000);
  expect(coverage.partial).toBeGreaterThan(1_000);
  expect(coverage.refused).toBeGreaterThan(100);
});
