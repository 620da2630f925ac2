import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { pollBusily } from "../../../src/app/busyPoll.ts";

/** Milliseconds that the event loop slept in a while. */
async function sleptMs(): Promise<number> {
  const before = performance.eventLoopUtilization();
  await setTimeout(50);
  return performance.eventLoopUtilization(before).idle;
}

test("until it is ended the event loop does not sleep, and timers go on", async () => {
  const end = pollBusily();
  await setTimeout(1);
  expect(await sleptMs()).toBeLessThan(1);
  end();
  await setTimeout(1);
  expect(await sleptMs()).toBeGreaterThan(1);
});
