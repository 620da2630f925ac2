import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";

export interface Anvil {
  readonly httpUrl: string;
  readonly wsUrl: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** The anvil binary: `ANVIL_BIN`, or the one that npm installed. Fails with what to do when there is none. */
export function anvilBinary(): string {
  const chosen = process.env["ANVIL_BIN"];
  if (chosen !== undefined && chosen !== "") {
    if (!existsSync(chosen)) throw new Error(`ANVIL_BIN names ${chosen}, which does not exist`);
    return chosen;
  }
  try {
    return createRequire(import.meta.url).resolve("@foundry-rs/anvil-linux-amd64/bin/anvil");
  } catch {
    throw new Error(
      "no anvil binary: npm installs it on linux x64 only; elsewhere install foundry and set ANVIL_BIN=/path/to/anvil",
    );
  }
}

/**
 * The shell becomes anvil (same pid); beside it a guard waits for our end of the pipe. A line means that all is in
 * order; an end without one that we died, by whatever signal: then anvil must not stay behind.
 */
const GUARDED = `exec 3<&0
{ read -r _ <&3 || kill -9 $$; } >/dev/null 2>&1 &
exec "$@" 3<&- </dev/null`;

/**
 * Of how many blocks anvil keeps the state; the deepest reorg goes back 256. Left to itself it writes the state of up to
 * 3,600 blocks below the home folder, megabytes each, and leaves them there when it ends: the tests alone were 4 GB a
 * minute. Without that a block also takes three quarters of the time.
 */
const STATES_KEPT = 320;

/** Starts anvil on a free port, without mining by itself; resolves when it listens. */
export async function startAnvil(extraArgs: readonly string[] = []): Promise<Anvil> {
  const args = [
    "--chain-id=137",
    "--port=0",
    "--no-mining",
    "--order=fifo",
    "--base-fee=30000000000",
    "--gas-limit=140000000",
    "--disable-code-size-limit",
    `--prune-history=${STATES_KEPT}`,
    ...extraArgs,
  ];
  // Its own process group: Ctrl-C reaches us alone, and we stop it in order.
  const child = spawn("sh", ["-c", GUARDED, "sh", anvilBinary(), ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  const exited = new Promise<number | null>((resolve) => {
    child.once("exit", (code) => {
      child.stdin.end("ended\n");
      resolve(code);
    });
  });
  // The guard is gone as soon as it has its line.
  child.stdin.on("error", () => undefined);
  const killWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", killWithUs);
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const port = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    void exited.then((code) => {
      reject(new Error(`anvil ended with ${code} before it listened: ${errors.trim()}`));
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      const found = /Listening on 127\.0\.0\.1:(\d+)/.exec(line);
      if (found) resolve(Number(found[1]));
    });
  });
  return {
    httpUrl: `http://127.0.0.1:${port}`,
    wsUrl: `ws://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    stop: async () => {
      process.off("exit", killWithUs);
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), 2000);
      await exited;
      clearTimeout(late);
    },
  };
}
