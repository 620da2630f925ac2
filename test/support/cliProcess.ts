import { spawn } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
/** Tells the most memory that the process ever held, in kB, on its last line of stderr. */
const MEMORY = `data:text/javascript,process.on("exit",()=>process.stderr.write("\\nmaxRSS "+process.resourceUsage().maxRSS))`;

export interface CliRun {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly maxRssMb: number;
}

export interface CliInput {
  readonly stdin?: string;
  /** Bytes of stdout after which the reader goes away. */
  readonly hangUpAfter?: number;
}

/** Runs `turbo-mev` from the sources as its own process. */
export const runCli = (
  args: readonly string[],
  { stdin = "", hangUpAfter = Infinity }: CliInput = {},
): Promise<CliRun> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", "tsx", "--import", MEMORY, "src/main.ts", ...args], {
      cwd: ROOT,
      stdio: ["pipe", "pipe", "pipe"],
    });
    let [out, err] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      if (out.length >= hangUpAfter) child.stdout.destroy();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text;
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(stdin);
    child.on("error", reject);
    child.on("close", (code) => {
      const [, kilobytes = "NaN"] = /\nmaxRSS (\d+)$/.exec(err) ?? [];
      resolve({ code, out, err: err.replace(/\nmaxRSS \d+$/, ""), maxRssMb: Number(kilobytes) / 1024 });
    });
  });
