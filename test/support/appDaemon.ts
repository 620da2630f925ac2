import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { z } from "zod";

/** One line of the daemon's log. */
export interface LogLine {
  readonly message: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface DaemonExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** All that it wrote to stderr, from start to end. */
  readonly stderr: string;
}

/** The built daemon as its own process, with pm2's channel to it. */
export interface DaemonProcess {
  readonly pid: number;
  readonly exited: Promise<DaemonExit>;
  /** Resolves with `ready` on the channel; rejects when the process ends before. */
  readonly ready: Promise<void>;
  /** The first line of that message (and, if wanted, that passes the test), past or to come; rejects at the end. */
  line(message: string, test?: (facts: LogLine["facts"]) => boolean): Promise<LogLine>;
  /** The first line, past or to come, that passes. */
  find(matches: (line: LogLine) => boolean): Promise<LogLine>;
  lines(): readonly LogLine[];
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM (or another signal); resolves with the exit and how long it took. */
  stop(signal?: NodeJS.Signals): Promise<DaemonExit & { readonly ms: number }>;
  /** Most memory it ever held, in MB. */
  peakMb(): number;
}

export interface DaemonStart {
  readonly main: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const pm2File = z.object({ apps: z.tuple([z.object({ interpreter_args: z.string() })]) });

/** Node's own options, as the shipped pm2 file has them. */
function shippedNodeArgs(): readonly string[] {
  const require = createRequire(import.meta.url);
  const { apps } = pm2File.parse(require("../../config/pm2/ecosystem.config.cjs"));
  return apps[0].interpreter_args.split(" ");
}

interface Waiting {
  readonly matches: (line: LogLine) => boolean;
  readonly resolve: (line: LogLine) => void;
  readonly reject: (error: Error) => void;
}

function parseLine(text: string): LogLine | null {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null) return null;
    const { msg, ...facts }: Record<string, unknown> = { ...parsed };
    return typeof msg === "string" ? { message: msg, facts } : null;
  } catch {
    return null;
  }
}

/** Starts `node main …` as pm2 would; nothing of our own environment reaches it but the path and what `env` says. */
export function startDaemonProcess({ main, args, env = {} }: DaemonStart): DaemonProcess {
  const started = spawn(process.execPath, [...shippedNodeArgs(), main, ...args], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: { PATH: process.env["PATH"], ...env },
  });
  const { pid } = started;
  if (pid === undefined) throw new Error("the daemon could not be started");
  const lines: LogLine[] = [];
  let waiting: Waiting[] = [];
  let stderr = "";
  let rest = "";
  const take = (line: LogLine): void => {
    lines.push(line);
    const due = waiting.filter(({ matches }) => matches(line));
    waiting = waiting.filter((one) => !due.includes(one));
    for (const one of due) one.resolve(line);
  };
  started.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const line = parseLine(part);
      if (line !== null) take(line);
    }
  });
  const killWithUs = (): void => void started.kill("SIGKILL");
  process.once("exit", killWithUs);
  const exited = once(started, "close").then(([code, signal]: unknown[]): DaemonExit => {
    process.off("exit", killWithUs);
    const end = new Error(`the daemon ended with ${String(code ?? signal)}:\n${stderr.slice(-4000)}`);
    for (const one of waiting.splice(0)) one.reject(end);
    return {
      code: typeof code === "number" ? code : null,
      signal: typeof signal === "string" ? signal : null,
      stderr,
    };
  });
  const ready = new Promise<void>((resolve, reject) => {
    started.on("message", (message) => {
      if (message === "ready") resolve();
    });
    void exited.then(({ code }) => reject(new Error(`ended with ${code} before it was ready:\n${stderr}`)));
  });
  // A test that expects an early end does not look at it.
  ready.catch(() => undefined);
  const find = (matches: (line: LogLine) => boolean): Promise<LogLine> => {
    const found = lines.find(matches);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => waiting.push({ matches, resolve, reject }));
  };
  return {
    pid,
    exited,
    ready,
    line: (message, test = () => true) => find((line) => line.message === message && test(line.facts)),
    find,
    lines: () => lines,
    stderr: () => stderr,
    kill: (signal) => void started.kill(signal),
    stop: async (signal = "SIGTERM") => {
      const since = performance.now();
      started.kill(signal);
      return { ...(await exited), ms: Math.round(performance.now() - since) };
    },
    peakMb: () => {
      const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
      return Math.round(Number(found?.[1] ?? 0) / 1024);
    },
  };
}

/** Runs the daemon to its end: for starts that are refused. */
export const runToEnd = (start: DaemonStart): Promise<DaemonExit> => startDaemonProcess(start).exited;
