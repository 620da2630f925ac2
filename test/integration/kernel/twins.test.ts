import { expect, test } from "vitest";
import { generatePreset } from "../../../bench/market/generate.ts";
import { recordSequence } from "../../../bench/rust/sequence.ts";
import { compareKernels } from "../../../bench/rust/twin.ts";

test("all kernels write the same hits on a mixed market; Rust among them where rustc is", async () => {
  const market = generatePreset("1k mixed", 7);
  const sequence = recordSequence(market, { maxHops: 4, k: 20, blocks: 100 });
  const { runs, same, note } = await compareKernels(sequence, 0);
  expect(runs.map(({ name }) => name)).toEqual(
    expect.arrayContaining(
      note === null ? ["WebAssembly", "TypeScript", "Rust"] : ["WebAssembly", "TypeScript"],
    ),
  );
  expect(same).toBe(true);
  expect(runs[0]?.hits).toBeGreaterThan(100);
});
