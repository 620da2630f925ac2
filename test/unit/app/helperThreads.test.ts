import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { z } from "zod";

/** In a process of its own, whose threads are known: its priorities before and after, and a thread that comes later. */
const SCRIPT = `
import { readFileSync, readdirSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { lowerHelpers } from "${new URL("../../../src/app/helperThreads.ts", import.meta.url).pathname}";
const niceOf = (thread) => Number(readFileSync("/proc/self/task/" + thread + "/stat", "utf8").split(") ")[1].split(" ")[16]);
const read = () => {
  const threads = readdirSync("/proc/self/task").map(Number);
  return { main: niceOf(process.pid), others: threads.filter((thread) => thread !== process.pid).map(niceOf) };
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
const nices = z.object({ main: z.number(), others: z.array(z.number()) });
const told = z.object({ before: nices, lowered: z.number(), after: nices, later: nices });

test.skipIf(process.platform !== "linux")(
  "the threads that are there give way to the deciding one, and those that come later do not",
  () => {
    const args = ["--import", "tsx", "--input-type=module", "--eval", SCRIPT];
    const text = execFileSync(process.execPath, args, { encoding: "utf8" });
    const { before, lowered, after, later } = told.parse(JSON.parse(text));
    expect(lowered).toBe(before.others.length);
    expect(lowered).toBeGreaterThan(0);
    expect(after.main).toBe(before.main);
    expect(after.others).toEqual(before.others.map(() => 10));
    expect(later.others).toContain(before.main);
  },
);
