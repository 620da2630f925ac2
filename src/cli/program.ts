import { Command, CommanderError, InvalidArgumentError } from "commander";
import { EXIT, PlainError, type ExitCode } from "../lib/errors.ts";
import { createOutput } from "./output.ts";
import { version } from "./version.ts";

const oneLine = (text: string): string => text.trim().replace(/\s*\n\s*/g, " ");

/** One line on stderr, in the name of the command. */
const complain = (message: string): void => {
  process.stderr.write(`turbo-mev: ${oneLine(message.replace(/^error: /, ""))}\n`);
};

const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };

const collect = (value: string, former: readonly string[]): readonly string[] => [...former, value];

const newProgram = (): Command =>
  new Command("turbo-mev")
    .description(
      "Arbitrage and back-run daemon for Polygon: prices pools exactly, finds the cycles that pay.",
    )
    .version(version(), "-V, --version")
    .exitOverride()
    .configureOutput({ outputError: complain })
    .showSuggestionAfterError(true)
    .helpCommand(false);

const addQuote = (program: Command): void => {
  program
    .command("quote")
    .summary("price single swaps")
    .description(
      "Prices single swaps: one JSON request a line on stdin, one answer a line on stdout, in order.",
    )
    .option("--snapshot <file>", "pools that requests name by address (pool-snapshot/1, .gz or not)")
    .addHelpText(
      "after",
      `
Request: {"id":1,"pool":"0x…","zeroForOne":true,"amountIn":"1000"}; "amountOut" in place of "amountIn" asks for
the price of an output; "pool" may be a whole pool object; "sqrtPriceLimitX96" stops at a price.

Example:
  echo '{"id":1,"pool":"0x…","zeroForOne":true,"amountIn":"1000"}' | turbo-mev quote --snapshot pools.json.gz`,
    )
    .action(async (options: { snapshot?: string }) => {
      const { quote } = await import("./quote.ts");
      await quote(options, process.stdin, createOutput(process.stdout));
    });
};

const addMarketOptions = (command: Command): Command =>
  command
    .option(
      "--base <token>",
      "token that cycles start from, by symbol or address; may be repeated",
      collect,
      [],
    )
    .option("--max-hops <n>", "longest cycle", wholeNumber(2, 6), 3)
    .option("--top <n>", "opportunities listed", wholeNumber(0, 1_000_000), 20)
    .option("--json", "print JSON", false);

const addScan = (program: Command): void => {
  addMarketOptions(program.command("scan"))
    .summary("list what pays in one state")
    .description("Lists the cycles that pay in one state of the pools, at their exact best size, before gas.")
    .argument("<file>", "pool-snapshot/1, .gz or not")
    .addHelpText(
      "after",
      `
Examples:
  turbo-mev scan pools.json.gz
  turbo-mev scan pools.json --base WPOL --base USDC --max-hops 4 --top 50 --json`,
    )
    .action(async (file: string, options: MarketFlags) => {
      const { scan } = await import("./scan.ts");
      await scan(file, options, createOutput(process.stdout));
    });
};

const addReplay = (program: Command): void => {
  addMarketOptions(program.command("replay"))
    .summary("list what pays, block after block")
    .description(
      "Lists what pays after each block of a recording, and a hash over all of it that two runs share.",
    )
    .argument("<file>", "pool-recording/1, .gz or not")
    .addHelpText(
      "after",
      `
Example:
  turbo-mev replay recording.json.gz --base WETH --top 5 --json`,
    )
    .action(async (file: string, options: MarketFlags) => {
      const { replay } = await import("./replay.ts");
      await replay(file, options, createOutput(process.stdout));
    });
};

interface MarketFlags {
  readonly base: readonly string[];
  readonly maxHops: number;
  readonly top: number;
  readonly json: boolean;
}

const createProgram = (): Command => {
  const program = newProgram();
  for (const add of [addQuote, addScan, addReplay]) add(program);
  return program;
};

const exitCodeOf = (error: unknown): ExitCode => {
  if (error instanceof CommanderError) {
    // Commander has printed its own line already.
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  complain(error instanceof Error ? error.message : String(error));
  return error instanceof PlainError ? error.exitCode : EXIT.fellShort;
};

/** Runs the command that the arguments name; what goes wrong becomes one line on stderr and an exit code. */
export async function runProgram(argv: readonly string[]): Promise<ExitCode> {
  try {
    await createProgram().parseAsync(argv, { from: "user" });
    return EXIT.ok;
  } catch (error) {
    return exitCodeOf(error);
  }
}
