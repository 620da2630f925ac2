import { Option, type Command } from "commander";
import { EXIT, PlainError } from "../lib/errors.ts";
import { collect, wholeNumber } from "./arguments.ts";
import type { CommandOutput } from "./commandOutput.ts";
import { createMessages } from "./messages.ts";
import { createOutput } from "./output.ts";

// Each command loads its module when it is asked for, so that none waits for what only another one needs.

const terminal = (): CommandOutput => ({
  output: createOutput(process.stdout),
  messages: createMessages(process.stderr),
});

interface MarketFlags {
  readonly base: readonly string[];
  readonly maxHops: number;
  readonly top: number;
  readonly json: boolean;
}

export const addQuote = (program: Command): void => {
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
    .addOption(
      new Option("--base <token>", "token that cycles start from, by symbol or address; may be repeated")
        .argParser(collect)
        .default([], "the chain's base tokens"),
    )
    .option("--max-hops <n>", "longest cycle", wholeNumber(2, 6), 3)
    .option("--top <n>", "opportunities listed", wholeNumber(0, 1_000_000), 20)
    .option("--json", "print JSON", false);

export const addDecode = (program: Command): void => {
  program
    .command("decode")
    .summary("tell what transactions will do")
    .description(
      "Tells what transactions to routers ask for: one a line on stdin, one JSON answer a line on stdout, in order.",
    )
    .option(
      "--snapshot <file>",
      "pools (pool-snapshot/1, .gz or not): adds what each would do to them, alone",
    )
    .option(
      "--chain <id>",
      "the chain whose routers are meant (default: the snapshot's, or 137)",
      wholeNumber(1, 999_999_999),
    )
    .addHelpText(
      "after",
      `
Transaction: {"hash":"0x…","from":"0x…","to":"0x…","value":"0","input":"0x38ed1739…"}, hash and from optional; or its
signed bytes: {"raw":"0x02f8…"}.

Examples:
  turbo-mev decode < pending.ndjson
  echo '{"raw":"0x02f8…"}' | turbo-mev decode --snapshot pools.json.gz`,
    )
    .action(async (options: { snapshot?: string; chain?: number }) => {
      const { decode } = await import("./decode.ts");
      await decode(options, process.stdin, createOutput(process.stdout));
    });
};

export const addScan = (program: Command): void => {
  addMarketOptions(program.command("scan"))
    .summary("list what pays in one state")
    .description("Lists the cycles that pay in one state of the pools, at their exact best size, before gas.")
    .argument("<file>", "pool-snapshot/1, .gz or not")
    .option(
      "--after <txs>",
      "file of transactions, one a line as for decode, applied in order first; lists only the cycles that they touch",
    )
    .addHelpText(
      "after",
      `
Examples:
  turbo-mev scan pools.json.gz
  turbo-mev scan pools.json --base WPOL --base USDC --max-hops 4 --top 50 --json
  turbo-mev scan pools.json --after pending.ndjson`,
    )
    .action(async (file: string, options: MarketFlags & { after?: string }) => {
      const { scan } = await import("./scan.ts");
      await scan(file, options, terminal());
    });
};

export const addReplay = (program: Command): void => {
  addMarketOptions(program.command("replay"))
    .summary("list what pays, block after block")
    .description(
      "Lists what pays after each block of a recording, and a hash over all of it that two runs share.",
    )
    .argument(
      "<file...>",
      "pool-recording/1, .gz or not; with --config the event-recording/1 files of one run",
    )
    .option(
      "--config <file>",
      "feed the daemon's recorded events to the engine, set up by this configuration",
    )
    .addHelpText(
      "after",
      `
Examples:
  turbo-mev replay recording.json.gz --base WETH --top 5 --json
  turbo-mev replay events-*.ndjson --config config/polygon.toml`,
    )
    .action(async ([file, ...others]: [string, ...string[]], options: MarketFlags & { config?: string }) => {
      const { config } = options;
      if (config !== undefined) {
        const { replayEvents } = await import("./replayEvents.ts");
        await replayEvents([file, ...others], { config, json: options.json }, terminal());
        return;
      }
      if (others.length > 0) throw new PlainError(EXIT.usage, "replay takes one pool recording at a time");
      const { replay } = await import("./replay.ts");
      await replay(file, options, terminal());
    });
};
