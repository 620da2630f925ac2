import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { PushJob } from "./brainPusher.ts";
import { loaderArgs } from "./pendingNode.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const answer = z.object({
  profitable: z.boolean(),
  net: z.string().nullable(),
  profit: z.string().nullable(),
  amountIn: z.string().nullable(),
});
export type BrainAnswer = z.output<typeof answer>;

const micros = z.array(z.number());
const figures = {
  routes: z.object({
    version: micros,
    processRoute: micros,
    best: micros,
    quote: micros,
    answers: z.array(answer),
  }),
  arbitrage: z.object({ findArbitrage: micros, best: micros }),
  hints: z.object({ count: z.number(), accepted: z.number(), perSecond: z.number() }),
} as const;
type Figures = { readonly [W in keyof typeof figures]: z.output<(typeof figures)[W]> };

/** One job for the client in Python, in a process of its own. */
export async function runPython<W extends keyof Figures>(what: W, job: object): Promise<Figures[W]>;
export async function runPython(what: keyof Figures, job: object): Promise<unknown> {
  const whole = { ...job, what, python: here("../../python") };
  return figures[what].parse(await runWith("python3", ["-B", here("brainClient.py")], whole));
}

/** False where there is no `python3` on the path. */
export const hasPython = (): boolean =>
  (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, "python3")));

const counts = z.object({
  sent: z.number(),
  answered: z.number(),
  accepted: z.number(),
  refusedByHint: z.number(),
  rateLimited: z.number(),
  otherErrors: z.number(),
  seconds: z.number(),
});
export type PushCounts = z.output<typeof counts>;

/** The same for the client in Node. */
export const runPusher = async (job: PushJob): Promise<PushCounts> =>
  counts.parse(await runWith(process.execPath, [...loaderArgs(), here("brainPusher.ts")], job));

/** What the process writes to stdout, as JSON. */
async function runWith(command: string, args: readonly string[], job: object): Promise<unknown> {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
  const killWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", killWithUs);
  let [out, told] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (told += text));
  child.stdin.on("error", () => undefined).end(JSON.stringify(job));
  const [code]: unknown[] = await once(child, "close");
  process.off("exit", killWithUs);
  if (code !== 0) throw new Error(`${args.at(-1)} ended with ${String(code)}: ${told}`);
  return JSON.parse(out);
}
