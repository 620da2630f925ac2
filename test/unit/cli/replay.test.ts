import { describe, expect, test } from "vitest";
import { createFileMarket } from "../../../src/cli/fileMarket.ts";
import { printed } from "../../../src/cli/opportunityJson.ts";
import { replayPools } from "../../../src/cli/replay.ts";
import { createRecordingReader, type Recording } from "../../../src/market/snapshotFile.ts";
import { randomRecording, tokenAddress } from "../../support/randomRecording.ts";
import { read } from "../../support/snapshotDocuments.ts";

const SEEDS = [1, 2, 3];
const OPTIONS = { base: [tokenAddress(0), tokenAddress(3)], maxHops: 3 };

const recorded = (seed: number): Recording =>
  read(createRecordingReader(), randomRecording({ seed, tokens: 6, pools: 20, blocks: 10 }));

/** Everything but the verdict, which depends on the blocks before. */
const withoutVerdict = (opportunity: Parameters<typeof printed>[0]) => ({
  ...printed(opportunity),
  verdict: "",
});

describe("after each block", () => {
  test.each(SEEDS)("what stands open is what a full scan of the state finds (seed %i)", (seed) => {
    const recording = recorded(seed);
    const market = createFileMarket(recording, OPTIONS);
    let found = 0;
    for (const [i, block] of [...replayPools(recording, createFileMarket(recording, OPTIONS))].entries()) {
      const update = recording.updates[i - 1];
      for (const { address, state } of update?.pools ?? []) market.setState(address, state);
      const { opportunities } = market.search.run({ view: market.view, changed: "all", atRest: true });
      expect(block.opportunities.map(withoutVerdict)).toEqual(opportunities.map(withoutVerdict));
      expect(block.changedPools).toBe(update === undefined ? recording.pools.length : update.pools.length);
      found += opportunities.length;
    }
    expect(found).toBeGreaterThan(100);
  });

  test("only the cycles through changed pools are looked at", () => {
    const recording = recorded(1);
    const blocks = [...replayPools(recording, createFileMarket(recording, OPTIONS))];
    const whole = blocks[0]?.touchedCycles ?? 0;
    expect(whole).toBeGreaterThan(50);
    for (const { changedPools, touchedCycles } of blocks.slice(1)) {
      expect(touchedCycles).toBeLessThan(whole);
      expect(changedPools === 0 ? touchedCycles : 0).toBe(0);
    }
  });
});

test("a cycle that stood open untouched for three blocks is suspect from the fourth on", () => {
  const document = randomRecording({ seed: 7, tokens: 3, pools: 6, blocks: 6 });
  const [first] = [document["pools"]].flatMap((pools: unknown) => (Array.isArray(pools) ? pools : []));
  const still = [0, 1, 2, 3, 4, 5].map((i) => ({
    block: 1001 + i,
    blockTime: 1_700_000_000,
    blockHash: `0x${"22".repeat(32)}`,
    // The fifth block touches one pool, with the state that it had.
    pools: i === 4 ? [first] : [],
  }));
  const recording = read(createRecordingReader(), { ...document, updates: still });
  const touched = recording.pools[0]?.pool.address;
  const blocks = [...replayPools(recording, createFileMarket(recording, OPTIONS))].map(({ opportunities }) =>
    opportunities.map(({ verdict, marginal, hops }) => ({
      verdict,
      wide: marginal > 1.05,
      fresh: hops.some(({ pool }) => pool === touched),
    })),
  );
  const seen = new Set<string>();
  for (const [i, block] of blocks.entries()) {
    for (const { verdict, wide, fresh } of block) {
      const stands = i >= 3 && !(fresh && i >= 5);
      const expected = wide ? "suspect:marginal" : stands ? "suspect:standing" : "ok";
      expect({ i, fresh, verdict }).toEqual({ i, fresh, verdict: expected });
      seen.add(`${fresh ? "touched" : "untouched"} ${expected}`);
    }
  }
  expect([...seen]).toEqual(
    expect.arrayContaining([
      "touched ok",
      "touched suspect:standing",
      "untouched ok",
      "untouched suspect:standing",
    ]),
  );
});
