import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "../../../python");

export interface PythonRun {
  readonly code: number | null;
  /** Both streams, as they came. */
  readonly output: string;
}

type Variables = Readonly<Record<string, string>>;

/** `python3 …` in the folder of the client; nothing of our own environment reaches it but the path and `env`. */
export function startPython(args: readonly string[], env: Variables = {}): ChildProcess {
  const started = spawn("python3", ["-B", ...args], {
    cwd: FOLDER,
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const killWithUs = (): void => void started.kill("SIGKILL");
  process.once("exit", killWithUs);
  started.once("close", () => process.off("exit", killWithUs));
  return started;
}

export const runPython = (args: readonly string[], env: Variables = {}): Promise<PythonRun> =>
  new Promise((resolve, reject) => {
    const python = startPython(args, env);
    let output = "";
    for (const stream of [python.stdout, python.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    python.once("error", reject);
    python.once("close", (code) => resolve({ code, output }));
  });

/** The client's own tests, of these modules: what they say. Rejects with it when one fails. */
export async function unittest(modules: readonly string[], env: Variables = {}): Promise<string> {
  const { code, output } = await runPython(["-m", "unittest", "-v", ...modules], env);
  if (code !== 0) throw new Error(output);
  return output;
}
