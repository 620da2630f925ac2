import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { readInputFile } from "../../../src/cli/inputFile.ts";
import { EXIT, InputError } from "../../../src/lib/errors.ts";
import { createSnapshotReader } from "../../../src/market/snapshotFile.ts";
import { document, v2 } from "../../support/snapshotDocuments.ts";

const folder = mkdtempSync(join(tmpdir(), "inputFile-"));
afterAll(() => rmSync(folder, { recursive: true }));

const written = (name: string, content: string | Buffer): string => {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
};
const faultOf = async (file: string): Promise<InputError> => {
  try {
    await readInputFile(file, createSnapshotReader());
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
};

const sound = JSON.stringify(document([v2()]));
const large = JSON.stringify(document([v2()], { filler: "x".repeat(3_000_000) }));

test.each([
  ["plain.json", sound],
  ["packed.json.gz", gzipSync(sound)],
  ["twice.JSON.GZ", Buffer.concat([gzipSync(sound.slice(0, 80)), gzipSync(sound.slice(80))])],
  ["large.json", large],
  ["large.json.gz", gzipSync(large)],
  ["mark.json", `\ufeff${sound}`],
])("%s is read", async (name, content) => {
  const { pools } = await readInputFile(written(name, content), createSnapshotReader());
  expect(pools).toHaveLength(1);
});

/** The check sum stands eight bytes from the end (RFC 1952). */
const withWrongSum = (packed: Buffer): Buffer =>
  Buffer.from(packed.map((byte, i) => (i === packed.length - 8 ? byte ^ 1 : byte)));
const faulty = JSON.stringify(document([v2({ reserve1: "-1" })]));

test.each<[string, string | Buffer, string, RegExp]>([
  ["field.json", faulty, "pools[0].reserve1", /out of range/],
  ["field.json.gz", gzipSync(faulty), "pools[0].reserve1", /out of range/],
  ["cut.json", sound.slice(0, -40), "pools[0]", /cut off/],
  ["cut.json.gz", gzipSync(sound).subarray(0, 150), "", /cut off: the gzip data ends too early/],
  ["damaged.json.gz", withWrongSum(gzipSync(sound)), "", /damaged or no gzip data/],
  ["none.json.gz", "plain text", "", /damaged or no gzip data/],
  ["packed.json", gzipSync(sound), "", /byte 0x1f where a value should stand/],
  ["empty.json", "", "", /the document is empty/],
  ["empty.json.gz", "", "", /cut off/],
  ["bomb.json.gz", gzipSync(Buffer.alloc(80 * 2 ** 20, 0x20)), "", /swells to more than 200 times/],
])("%s is refused", async (name, content, field, message) => {
  const file = written(name, content);
  const fault = await faultOf(file);
  expect(fault.exitCode).toBe(EXIT.badInput);
  expect(fault.field).toBe(field);
  expect(fault.message.startsWith(`${file}: ${field}`)).toBe(true);
  expect(fault.message).toMatch(message);
});

test("no file, and a folder", async () => {
  expect((await faultOf(join(folder, "nowhere.json"))).message).toMatch(
    /nowhere\.json: there is no such file/,
  );
  expect((await faultOf(join(folder, "nowhere.json.gz"))).message).toMatch(/there is no such file/);
  expect((await faultOf(folder)).message).toMatch(/is a directory/);
});
