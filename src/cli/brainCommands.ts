import { type Command, InvalidArgumentError } from "commander";
import { systemClock } from "../lib/clock.ts";
import { wholeNumber } from "./arguments.ts";
import type { HintOptions } from "./hint.ts";
import { createOutput } from "./output.ts";

const SOCKET = "the daemon's socket; else TURBO_MEV_SOCKET, then the usual places";

const list = (text: string): readonly string[] => text.split(",").map((part) => part.trim());

const share = (text: string): number => {
  const number = /^(?:0?\.\d{1,9}|[01](?:\.0{1,9})?)$/.test(text) ? Number(text) : Number.NaN;
  if (number >= 0 && number <= 1) return number;
  throw new InvalidArgumentError("Give a number from 0 to 1.");
};

interface WithSocket {
  readonly socket?: string;
}

export const addHint = (program: Command): void => {
  program
    .command("hint")
    .summary("a route worth a look, for the running daemon")
    .description(
      "Hands hints to the running daemon and prints a verdict for each. Without --path and --pools they come from stdin, a JSON object a line. A hint says what is priced first; it never sets amounts, gas or limits.",
    )
    .option("--path <tokens>", "symbols or addresses with commas; the first one is the last one too", list)
    .option("--dexes <names>", "an exchange a hop, or one for all", list)
    .option("--pools <addresses>", "pools in order, in place of --path", list)
    .option("--start <token>", "token paid into the first of --pools")
    .option("--id <name>", "its name in verdicts and results")
    .option("--score <share>", "your own opinion, from 0 to 1: higher ones are priced first", share)
    .option("--ttl <ms>", "how long it lives", wholeNumber(100, 60_000))
    .option("--source <name>", "who says so; hit rates are kept by it", "shell")
    .option("--wait", "print what becomes of each, until all have ended", false)
    .option("--json", "print JSON, an object a line", false)
    .option("--socket <path>", SOCKET)
    .addHelpText(
      "after",
      `
Examples:
  turbo-mev hint --path USDC,WETH,USDC --dexes quickswap_v2,uniswap_v3 --score 0.8 --wait
  turbo-mev hint --pools 0x…,0x… --start USDC --ttl 10000
  my-brain | turbo-mev hint --source my-brain --json`,
    )
    .action(async (options: HintOptions & WithSocket) => {
      const { hintCommand } = await import("./hint.ts");
      const { stdin, stdout, env } = process;
      await hintCommand(options, { socket: options.socket, env, stdin, output: createOutput(stdout) });
    });
};

export const addWatch = (program: Command): void => {
  program
    .command("watch")
    .summary("what the running daemon does, as it happens")
    .description("Prints what the running daemon tells, a line each, until it ends or Ctrl-C.")
    .option("--topics <names>", "some of them, with commas", "heads,opportunities,submissions,fates,hints")
    .option("--json", "print JSON, an object a line", false)
    .option("--socket <path>", SOCKET)
    .addHelpText(
      "after",
      "\nExamples:\n  turbo-mev watch --topics opportunities,fates\n  turbo-mev watch --json | jq .",
    )
    .action(async (options: { topics: string; json: boolean } & WithSocket) => {
      const { parseTopics, watchCommand } = await import("./watch.ts");
      const places = { socket: options.socket, env: process.env, output: createOutput(process.stdout) };
      await watchCommand({ topics: parseTopics(options.topics), json: options.json }, places);
    });
};

export const addTop = (program: Command): void => {
  program
    .command("top")
    .summary("the running daemon at a glance")
    .description(
      "Shows how the running daemon stands, drawn anew every interval until q; in lines where stdout is no terminal.",
    )
    .option("--once", "look twice, an interval apart, print it and end", false)
    .option("--interval <ms>", "time between two looks", wholeNumber(100, 60_000), 1_000)
    .option("--json", "print JSON, an object a look", false)
    .option("--socket <path>", SOCKET)
    .addHelpText("after", "\nExamples:\n  turbo-mev top\n  turbo-mev top --once --json")
    .action(async (options: { once: boolean; interval: number; json: boolean } & WithSocket) => {
      const { topCommand } = await import("./top.ts");
      const { stdin, stdout, env } = process;
      const { once, json, interval, socket } = options;
      await topCommand(
        { once, json, intervalMs: interval },
        { socket, env, stdin, stdout, clock: systemClock },
      );
    });
};
