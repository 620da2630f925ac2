import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { hintBatches, type HintLine } from "../../../src/cli/hintLines.ts";

const batchesOf = async (pieces: readonly string[]): Promise<(readonly HintLine[])[]> => {
  const batches: (readonly HintLine[])[] = [];
  for await (const batch of hintBatches(Readable.from(pieces.map((text) => Buffer.from(text)))))
    batches.push(batch);
  return batches;
};

test("lines come out by their numbers, however they are cut; blank ones are passed over", async () => {
  const whole = '{"a":1}\n\n  \nnonsense\n{"b":"é"}';
  const bytes = Buffer.from(whole);
  const cut = Readable.from(Array.from(bytes, (byte) => Buffer.from([byte])));
  const lines: HintLine[] = [];
  for await (const batch of hintBatches(cut)) lines.push(...batch);
  expect(lines).toEqual([
    { line: 1, hint: { a: 1 }, bytes: 8 },
    { line: 4, fault: "not valid JSON" },
    { line: 5, hint: { b: "é" }, bytes: 11 },
  ]);
});

test("what came together goes together, and does not wait for more", async () => {
  const batches = await batchesOf(["1\n2\n3", "3\n4\n"]);
  expect(batches.map((batch) => batch.map(({ line }) => line))).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

test("a list has at most 200 hints and fits a line of the protocol", async () => {
  const short = await batchesOf([Array.from({ length: 450 }, () => "1\n").join("")]);
  expect(short.map(({ length }) => length)).toEqual([200, 200, 50]);
  const long = `"${"x".repeat(20_000)}"\n`;
  expect((await batchesOf([long.repeat(5)])).map(({ length }) => length)).toEqual([2, 2, 1]);
});

test("a line that is too long is told by its number; one without an end is not held", async () => {
  const line = `"${"x".repeat(49_152)}"\n`;
  expect(await batchesOf([`1\n${line}2\n`])).toEqual([
    [
      { line: 1, hint: 1, bytes: 2 },
      { line: 2, fault: "longer than 49152 bytes" },
      { line: 3, hint: 2, bytes: 2 },
    ],
  ]);
  const endless = (function* () {
    for (let i = 0; i < 1_000_000; i++) yield "x".repeat(1_000);
  })();
  const source = Readable.from(endless);
  const lines: HintLine[] = [];
  for await (const batch of hintBatches(source)) lines.push(...batch);
  expect(lines).toEqual([{ line: 1, fault: "longer than 49152 bytes; nothing behind it is read" }]);
  expect(source.destroyed).toBe(true);
});
