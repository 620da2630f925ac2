import type { ReadStream, WriteStream } from "node:tty";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { METHODS } from "../control/protocol.ts";
import type { Clock } from "../lib/clock.ts";
import { safeText } from "../lib/safeText.ts";
import { connectControl, type ControlClient } from "./controlClient.ts";
import type { SocketPlaces } from "./controlClientSocket.ts";
import { createOutput, type Output } from "./output.ts";
import { takeSample, type TopSample } from "./topSample.ts";
import { topLine, topLines, topView, type TopFate, type TopView } from "./topView.ts";

export interface TopOptions {
  /** Two looks, one interval apart, and an end. */
  readonly once: boolean;
  readonly json: boolean;
  readonly intervalMs: number;
}

export interface TopPlaces extends SocketPlaces {
  readonly stdin: Pick<ReadStream, "on" | "resume" | "pause"> &
    Partial<Pick<ReadStream, "setRawMode" | "isTTY">>;
  readonly stdout: WriteStream;
  readonly clock: Clock;
}

const MOST_FATES = 5;

const fateSchema = z.object({
  topic: z.literal("fates"),
  time: z.number(),
  intent: z.string(),
  fate: z.string(),
  reason: z.string(),
  block: z.int().nullable(),
});

/** A connection with what it has told so far. */
interface Look {
  readonly client: ControlClient;
  readonly fates: TopFate[];
  before: TopSample | null;
}

/**
 * `turbo-mev top`: how the daemon stands, drawn anew every interval on a terminal and in lines elsewhere. Throws
 * `PlainError` (69) where there is no daemon at the start; one that goes away later is waited for.
 */
export async function topCommand(options: TopOptions, places: TopPlaces): Promise<void> {
  let look: Look | null = await startLook(places);
  if (options.once) return await lookOnce(look, options, places);
  const ending = new AbortController();
  const screen = createScreen(options, places, () => ending.abort());
  try {
    while (!ending.signal.aborted) {
      try {
        look ??= await startLook(places);
        await screen.show(await nextView(look, places.clock));
      } catch (error) {
        look?.client.close();
        look = null;
        await screen.tell(safeText(error instanceof Error ? error.message : String(error), 300));
      }
      await pause(options.intervalMs, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  } finally {
    look?.client.close();
    screen.close();
  }
}

async function startLook(places: SocketPlaces): Promise<Look> {
  const client = await connectControl({ ...places, door: "hints" });
  const look: Look = { client, fates: [], before: null };
  await client.call("subscribe", { topics: ["fates"] }, METHODS.subscribe.result);
  // Its end is noticed with the next question.
  gatherFates(look).catch(() => undefined);
  return look;
}

async function gatherFates({ client, fates }: Look): Promise<void> {
  for await (const { params } of client.notifications()) {
    const read = fateSchema.safeParse(params);
    if (!read.success) continue;
    const { time, intent, fate, reason, block } = read.data;
    fates.unshift({ time, intent, fate, reason, block });
    fates.length = Math.min(fates.length, MOST_FATES);
  }
}

async function nextView(look: Look, clock: Clock): Promise<TopView> {
  const sample = await takeSample(look.client, () => clock.monotonic());
  const view = topView(sample, look.before, [...look.fates]);
  look.before = sample;
  return view;
}

async function lookOnce(look: Look, { json, intervalMs }: TopOptions, places: TopPlaces): Promise<void> {
  try {
    await nextView(look, places.clock);
    await pause(intervalMs);
    const view = await nextView(look, places.clock);
    const text = json ? JSON.stringify(view) : topLines(view).join("\n");
    await createOutput(places.stdout).write(`${text}\n`);
  } finally {
    look.client.close();
  }
}

interface Screen {
  show(view: TopView): Promise<void>;
  /** In place of a view. */
  tell(message: string): Promise<void>;
  close(): void;
}

function createScreen(options: TopOptions, places: TopPlaces, end: () => void): Screen {
  const output = createOutput(places.stdout);
  if (places.stdout.isTTY && !options.json) return terminalScreen(output, places, end);
  return {
    show: (view) =>
      output.write(`${options.json ? JSON.stringify(view) : topLine(view, places.clock.now())}\n`),
    tell: async (message) => {
      if (!options.json) await output.write(`${message}\n`);
    },
    close: () => undefined,
  };
}

const OPEN = "\u001b[?1049h\u001b[?25l";
const CLOSE = "\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const END_OF_LINE = "\u001b[K";
const REST_OF_SCREEN = "\u001b[J";
/** "q", and Ctrl-C as a raw terminal sends it. */
const ENDING_KEYS = ["q", "Q", "\u0003"] as const;

/** The terminal's other screen; "q", Ctrl-C and SIGTERM bring the first one back. */
function terminalScreen(output: Output, { stdin, stdout }: TopPlaces, end: () => void): Screen {
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.once(signal, end);
  if (stdin.isTTY === true) stdin.setRawMode?.(true);
  stdin.on("data", (keys: Buffer) => {
    if (ENDING_KEYS.some((key) => keys.includes(key))) end();
  });
  stdin.resume();
  stdout.write(OPEN);
  const draw = async (lines: readonly string[]): Promise<void> => {
    const fitting = lines.slice(0, Math.max(1, stdout.rows - 1));
    const text = fitting.map((line) => `${cut(line, stdout.columns)}${END_OF_LINE}\n`).join("");
    await output.write(`${HOME}${text}${REST_OF_SCREEN}`);
  };
  return {
    show: (view) => draw([...topLines(view), "", " q quits"]),
    tell: (message) => draw([` ${message}`, "", " q quits"]),
    close: () => {
      for (const signal of signals) process.off(signal, end);
      stdout.write(CLOSE);
      if (stdin.isTTY === true) stdin.setRawMode?.(false);
      stdin.pause();
    },
  };
}

const cut = (line: string, columns: number): string => Array.from(line).slice(0, columns).join("");
