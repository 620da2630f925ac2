import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The real daemon as its own process, as systemd or pm2 would start it. */
export interface DaemonProcess {
  readonly ready: Promise<void>;
  readonly exited: Promise<number | null>;
  /** Most memory it ever held, in MB; 0 where the system does not tell. */
  peakMb(): number;
  /** SIGTERM; resolves with its exit code and how long it took. */
  stop(): Promise<{ readonly code: number | null; readonly ms: number }>;
  /** The last lines of its log. */
  lastWords(): string;
}

/** As the service files have them: a small young generation keeps the memory small. */
const FLAGS = ["--enable-source-maps", "--max-semi-space-size=4", "--max-old-space-size=512"];
const MAIN = join(import.meta.dirname, "../../dist/main.js");
const KEPT_LINES = 20;

export function startDaemon(configPath: string, key: string): DaemonProcess {
  const child = spawn(process.execPath, [...FLAGS, MAIN, "run", "--config", configPath, "--live"], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: { ...process.env, TURBO_MEV_DEMO_KEY: key },
  });
  let log = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    log = (log + chunk.toString()).split("\n").slice(-KEPT_LINES).join("\n");
  });
  const exited = once(child, "exit").then(([code]: unknown[]) => (typeof code === "number" ? code : null));
  const killWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", killWithUs);
  const ready = new Promise<void>((resolve, reject) => {
    child.on("message", (message) => {
      if (message === "ready") resolve();
    });
    void exited.then((code) =>
      reject(new Error(`the daemon ended with ${code} before it was ready:\n${log}`)),
    );
  });
  return {
    ready,
    exited,
    peakMb: () => peakMb(child.pid),
    stop: async () => {
      const started = performance.now();
      child.kill("SIGTERM");
      const code = await exited;
      process.off("exit", killWithUs);
      return { code, ms: Math.round(performance.now() - started) };
    },
    lastWords: () => log,
  };
}

function peakMb(pid: number | undefined): number {
  try {
    const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Math.round(Number(found?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
}
