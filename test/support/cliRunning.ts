import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** A command that runs until it is stopped; `out` grows. */
export function startCli(args: readonly string[]) {
  const child = spawn(process.execPath, ["--import", "tsx", "src/main.ts", ...args], {
    cwd: join(import.meta.dirname, "../.."),
    stdio: ["pipe", "pipe", "pipe"],
  });
  const run = { out: "", err: "", child, ended: once(child, "close") };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (run.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (run.err += text));
  return run;
}
