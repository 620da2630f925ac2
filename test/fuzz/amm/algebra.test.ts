import { afterAll, beforeAll, expect, test } from "vitest";
import { algebraFactory, type AmmChain, type PoolFactory, startAmmChain } from "../../support/ammChain.ts";
import { emptyCoverage, fuzzPool } from "../../support/ammChainFuzz.ts";
import { createRandom, fuzzSeed } from "../../support/ammChainRandom.ts";

let chain: AmmChain;
let factory: PoolFactory;

/** The probe is compiled first; on a loaded machine that takes its time. */
const COMPILE_MS = 240_000;

beforeAll(async () => {
  chain = await startAmmChain();
  factory = await algebraFactory(chain);
}, COMPILE_MS);
afterAll(() => chain?.stop());

const POOLS = 50;
const PER_ROUND = { rounds: 3, alone: 130, sequence: 20 };
/** Constants.BASE_FEE: what a pool is born with, until its first swap or change of liquidity in range. */
const BIRTH_FEE = 100;

test("Algebra pools do what we compute, to the unit", async () => {
  const random = createRandom(fuzzSeed("algebra", 0x5eed0a));
  const coverage = emptyCoverage();
  const makePool: PoolFactory = (_birthFee, tickSpacing) =>
    factory(random.pick([1, 100, 500, 2985, 10_000, 65_535]), tickSpacing);
  for (let i = 0; i < POOLS; i++) {
    const facts = { kind: "algebra", feePpm: BIRTH_FEE, tickSpacing: 60 } as const;
    await fuzzPool(chain, makePool, random, { facts, ...PER_ROUND, coverage });
  }
  console.log("algebra", JSON.stringify(coverage));
  expect(coverage.swaps - coverage.refused).toBeGreaterThan(20_000);
  expect(coverage.crossed).toBeGreaterThan(2_000);
  expect(coverage.exactOut).toBeGreaterThan(5_000);
  expect(coverage.partial).toBeGreaterThan(1_000);
  expect(coverage.refused).toBeGreaterThan(100);
});
