import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startAppStage, type AppStage } from "../../support/appStage.ts";
import { startPython } from "./python.ts";

const HINTS = 10_000;
const RESTARTS = 20;
/** Hints that every daemon gets to see before it ends. */
const EACH = 450;

const account = z.object({
  hints: z.number(),
  verdicts: z.number(),
  raised: z.number(),
  "more than once": z.array(z.string()),
  without: z.number(),
  errors: z.record(z.string(), z.number()),
});

let stage: AppStage;

beforeAll(async () => {
  stage = await startAppStage();
}, 120_000);
afterAll(async () => {
  await stage.stop();
});

interface Pusher {
  /** Resolves when it has pushed that many; rejects when it ends before. */
  pushed(count: number): Promise<void>;
  /** At its end, what became of them. */
  account(): Promise<z.output<typeof account>>;
}

function startPusher(socket: string): Pusher {
  const python = startPython(["-m", "tests.push_through", `${HINTS}`], { TURBO_MEV_SOCKET: socket });
  if (python.stdout === null || python.stderr === null) throw new Error("no streams");
  const lines = createInterface(python.stdout);
  let [last, errors] = ["0", ""];
  lines.on("line", (line) => {
    last = line;
  });
  python.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const ended = once(python, "close").then(() => {
    if (python.exitCode !== 0) throw new Error(`the client failed:\n${errors}`);
  });
  return {
    pushed: async (count) => {
      while (Number(last) < count) await Promise.race([once(lines, "line"), ended]);
    },
    account: async () => {
      await ended;
      return account.parse(JSON.parse(last));
    },
  };
}

test("restarted 20 times during 10,000 hints: each has one verdict or one raised error", async () => {
  const dir = join(stage.folder, "run");
  const config = stage.config({ control: { dir } });
  let daemon = stage.startObserving(config);
  await stage.untilReady(daemon);
  const pusher = startPusher(join(dir, "hints.sock"));
  for (let restart = 1; restart <= RESTARTS; restart++) {
    await pusher.pushed(restart * EACH);
    // In turn: with a farewell, and without.
    await daemon.stop(restart % 2 === 0 ? "SIGTERM" : "SIGKILL");
    daemon = stage.startObserving(config);
    await stage.untilReady(daemon);
  }
  const told = await pusher.account();
  expect(told).toMatchObject({ hints: HINTS, "more than once": [], without: 0 });
  expect(told.verdicts + told.raised).toBe(HINTS);
  // Most hints met a daemon, and some were under way when it ended.
  expect(told.verdicts).toBeGreaterThan(HINTS / 2);
  expect(told.raised).toBeGreaterThan(0);
}, 900_000);
