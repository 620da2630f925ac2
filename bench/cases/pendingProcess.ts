import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { loaderArgs } from "./pendingNode.ts";

/** As the daemon is started (`config/pm2`). */
const HEAP = ["--max-semi-space-size=4", "--max-old-space-size=512"] as const;

/** Runs a script beside this file with the daemon's own heap; what it writes to stdout is one JSON document. */
export async function runApart(script: string, args: readonly (string | number)[]): Promise<unknown> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [...HEAP, ...loaderArgs(), path, ...args.map(String)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const killWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", killWithUs);
  let [out, told] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (told += text));
  const [code]: unknown[] = await once(child, "close");
  process.off("exit", killWithUs);
  if (code !== 0) throw new Error(`${script} ended with ${String(code)}: ${told}`);
  return JSON.parse(out);
}
