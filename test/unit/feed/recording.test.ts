import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { EngineEvent } from "../../../src/engine/events.ts";
import { createRecorder } from "../../../src/feed/recorder.ts";
import { readRecording, readRecordingHeader } from "../../../src/feed/recording.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { silentLog } from "../../../src/lib/log.ts";
import { engineEvents } from "../../support/feedEvents.ts";

let folder = "";
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "turbo-mev-recording-"))));
afterEach(async () => await rm(folder, { recursive: true }));

const parts = { clock: systemClock, log: silentLog };

const filesOf = async (place: string): Promise<string[]> =>
  (await readdir(place)).toSorted().map((name) => join(place, name));

const readAll = async (files: readonly string[]): Promise<EngineEvent[]> => {
  const events: EngineEvent[] = [];
  for await (const event of readRecording(files)) events.push(event);
  return events;
};

test("what was written is read back exactly, over as many files as it takes", async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(engineEvents, { minLength: 1, maxLength: 20 }), async (events) => {
      const place = join(folder, String(run++));
      const recorder = createRecorder({ folder: place, chainId: 137, maxFileBytes: 2000 }, parts);
      for (const event of events) recorder.write(event);
      await recorder.close();
      expect(recorder.failure).toBeNull();
      expect(await readAll(await filesOf(place))).toEqual(events);
    }),
    { numRuns: 60, seed: 7 },
  );
});

test("a file says what it is in its first line", async () => {
  const recorder = createRecorder({ folder, chainId: 137 }, parts);
  recorder.write({ type: "gap", time: 1, reason: "test" });
  await recorder.close();
  const [file = ""] = await filesOf(folder);
  expect(await readRecordingHeader(file)).toMatchObject({
    schema: "event-recording/1",
    chainId: 137,
    part: 0,
  });
  expect((await readFile(file, "utf8")).endsWith("\n")).toBe(true);
});

test("a disk that fails ends the recording, not the daemon", async () => {
  const notAFolder = join(folder, "file");
  await writeFile(notAFolder, "");
  const recorder = createRecorder({ folder: notAFolder, chainId: 137 }, parts);
  recorder.write({ type: "gap", time: 1, reason: "test" });
  await recorder.close();
  expect(recorder.failure).toMatch(/EEXIST|ENOTDIR/);
  recorder.write({ type: "gap", time: 2, reason: "test" });
  await recorder.close();
});

test("too many events behind the disk end the recording: a hole would replay wrongly", async () => {
  const recorder = createRecorder({ folder, chainId: 137, maxBacklog: 10 }, parts);
  for (let i = 0; i < 11; i++) recorder.write({ type: "gap", time: i, reason: "test" });
  await recorder.close();
  expect(recorder.failure).toBe("the disk is 10 events behind");
});

const HEADER = `{"schema":"event-recording/1","chainId":137,"startedAt":1,"part":0}`;
const GAP = `{"type":"gap","time":1,"reason":"x"}`;

const bad: [string, string, string][] = [
  ["another schema", HEADER.replace("/1", "/2"), ":1: schema: "],
  ["no header", GAP, ":1: schema: "],
  ["not JSON", `${HEADER}\n{"type":\n`, ":2: not a line of JSON"],
  ["an unknown key", `${HEADER}\n{"type":"gap","time":1,"reason":"x","more":1}\n`, ":2: line: "],
  ["an unknown type", `${HEADER}\n${GAP}\n{"type":"gup","time":1}\n`, ":3: type: "],
  ["a number for a bigint", `${HEADER}\n${reserves("5")}\n`, ":2: pools[0].state.reserve0: "],
  ["a number bomb", `${HEADER}\n${reserves(`"${"9".repeat(1e6)}"`)}\n`, ":2: pools[0].state.reserve0: "],
  ["a reserve above uint112", `${HEADER}\n${reserves(`"${2n ** 112n}"`)}\n`, ":2: pools[0].state.reserve0: "],
  ["an empty file", "", ":1: empty"],
];

function reserves(reserve0: string): string {
  const address = `0x${"11".repeat(20)}`;
  const hash = `0x${"22".repeat(32)}`;
  return `{"type":"repaired","time":1,"block":{"number":1,"hash":"${hash}"},"pools":[{"address":"${address}","state":{"kind":"v2","feePpm":3000,"reserve0":${reserve0},"reserve1":"1"}}]}`;
}

for (const [what, text, message] of bad) {
  test(`${what} is bad input that names file, line and field`, async () => {
    const file = join(folder, "bad.ndjson");
    await writeFile(file, text);
    const error: unknown = await readAll([file]).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "InputError", exitCode: 65 });
    expect(String(error)).toContain(`${file}${message}`);
  });
}

test("a file that is missing is bad input", async () => {
  await expect(readAll([join(folder, "none.ndjson")])).rejects.toMatchObject({ name: "InputError" });
});

test("files of two runs do not make one recording", async () => {
  const names = ["a", "b"].map((name) => join(folder, name));
  await writeFile(names[0] ?? "", `${HEADER}\n${GAP}\n`);
  await writeFile(names[1] ?? "", `${HEADER.replace(`"part":0`, `"part":1`).replace(":1,", ":2,")}\n`);
  await expect(readAll(names)).rejects.toMatchObject({ field: "startedAt" });
  await expect(readAll([names[0] ?? "", names[0] ?? ""])).rejects.toMatchObject({ field: "part" });
});

test("a last line that was cut off while it was written is passed over, whole ones are not", async () => {
  const file = join(folder, "cut.ndjson");
  await writeFile(file, `${HEADER}\n${GAP}\n${GAP.slice(0, -5)}`);
  expect(await readAll([file])).toHaveLength(1);
  await writeFile(file, `${HEADER}\n${GAP}\n${GAP}`);
  expect(await readAll([file])).toHaveLength(2);
});
