import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { z } from "zod";

/** In a process of its own, whose threads are known: before and after, and with a thread that comes later. */
const SCRIPT = `
import { readFileSync, readdirSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { lowerHelpers } from "${new URL("../../../src/app/helperThreads.ts", import.meta.url).pathname}";
if (process.env["NO_PROGRAMS"]) process.env["PATH"] = "/nonexistent";
// proc_pid_stat(5): fields 19 and 41.
const stateOf = (thread) => {
  const fields = readFileSync("/proc/self/task/" + thread + "/stat", "utf8").split(") ")[1].split(" ");
  return { nice: Number(fields[16]), policy: Number(fields[38]) };
};
const read = () => {
  const threads = readdirSync("/proc/self/task").map(Number);
  return { main: stateOf(process.pid), others: threads.filter((thread) => thread !== process.pid).map(stateOf) };
};
const before = read();
const lowered = lowerHelpers();
const after = read();
const later = new Worker("setInterval(() => undefined, 1000)", { eval: true });
later.once("online", () => {
  console.log(JSON.stringify({ before, lowered, after, later: read() }));
  process.exit();
});
`;
const state = z.object({ nice: z.number(), policy: z.number() });
const states = z.object({ main: state, others: z.array(state) });
const told = z.object({ before: states, lowered: z.number(), after: states, later: states });

const SCHED_IDLE = 5;

function lowerIn(env: NodeJS.ProcessEnv) {
  const args = ["--import", "tsx", "--input-type=module", "--eval", SCRIPT];
  const text = execFileSync(process.execPath, args, { encoding: "utf8", env: { ...process.env, ...env } });
  const { before, lowered, after, later } = told.parse(JSON.parse(text));
  expect(lowered).toBe(before.others.length);
  expect(lowered).toBeGreaterThan(0);
  expect(after.main).toEqual(before.main);
  // What comes later is as the deciding thread.
  expect(later.others).toContainEqual(before.main);
  return { before, after };
}

describe.skipIf(process.platform !== "linux")(
  "the threads that are there give way to the deciding one",
  () => {
    test.skipIf(spawnSync("chrt", ["-p", String(process.pid)]).status !== 0)(
      "at once, in the idle class",
      () => {
        const { before, after } = lowerIn({});
        expect(after.others.map(({ policy }) => policy)).toEqual(before.others.map(() => SCHED_IDLE));
      },
    );

    test("by the lowest priority where no program can ask for that class", () => {
      const { before, after } = lowerIn({ NO_PROGRAMS: "1" });
      expect(after.others).toEqual(before.others.map(({ policy }) => ({ nice: 19, policy })));
    });
  },
);
