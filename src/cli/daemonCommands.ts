import type { Command } from "commander";
import { systemClock } from "../lib/clock.ts";
import { wholeNumber } from "./arguments.ts";

const LEDGER = "data/run/turbo-mev.sqlite";

export const addRun = (program: Command): void => {
  program
    .command("run")
    .summary("the daemon")
    .description(
      "Watches the chain, finds what pays and, in the mode that its file names, sends it; until SIGTERM.",
    )
    .requiredOption("--config <file>", "the daemon's configuration, as config/polygon.toml explains it")
    .option("--live", 'really send: the second half of mode = "live" in the file', false)
    .addHelpText("after", "\nExample:\n  turbo-mev run --config config/polygon.toml")
    .action(async (options: { config: string; live: boolean }) => {
      const { run } = await import("./run.ts");
      await run(options);
    });
};

export const addConfig = (program: Command): void => {
  program
    .command("config")
    .summary("check a configuration")
    .description("Checks a configuration and prints it as JSON, with every default filled in.")
    .argument("<file>", "the daemon's configuration")
    .addHelpText("after", "\nExample:\n  turbo-mev config config/polygon.toml")
    .action(async (file: string) => {
      const { showConfig } = await import("./showConfig.ts");
      showConfig(file, process.stdout);
    });
};

const addLedgerOptions = (command: Command): Command =>
  command.option("--db <file>", "the daemon's ledger", LEDGER).option("--json", "print JSON", false);

export const addStatus = (program: Command): void => {
  addLedgerOptions(program.command("status"))
    .summary("where the daemon stands")
    .description(
      "Shows the latest run, its last block, a halt, open intents, today's trades, and how well predictions of pending transactions came true.",
    )
    .addHelpText("after", "\nExample:\n  turbo-mev status --json")
    .action(async (options: { db: string; json: boolean }) => {
      const { statusCommand } = await import("./status.ts");
      statusCommand(options, systemClock.now(), process.stdout);
    });
};

export const addWhy = (program: Command): void => {
  addLedgerOptions(program.command("why"))
    .summary("one opportunity through every gate")
    .description("Shows an opportunity with its numbers at every gate, and what became of it.")
    .argument("<id>", 'an opportunity, an intent or a transaction; "last" is the newest opportunity')
    .addHelpText("after", "\nExample:\n  turbo-mev why last")
    .action(async (id: string, options: { db: string; json: boolean }) => {
      const { whyCommand } = await import("./why.ts");
      whyCommand(id, options, process.stdout);
    });
};

export const addTrades = (program: Command): void => {
  addLedgerOptions(program.command("trades"))
    .summary("what reached the chain")
    .description(
      "Lists what reached the chain, newest first, with what was predicted and what it really earned.",
    )
    .option("--since <when>", "90m, 24h, 7d or a date as 2026-01-31")
    .option("--limit <n>", "trades listed", wholeNumber(1, 1_000_000))
    .addHelpText("after", "\nExample:\n  turbo-mev trades --since 24h")
    .action(async (options: { db: string; json: boolean; since?: string; limit?: number }) => {
      const { tradesCommand, parseSince } = await import("./trades.ts");
      const { since, ...rest } = options;
      const from = since === undefined ? {} : { since: parseSince(since, systemClock.now()) };
      tradesCommand({ ...rest, ...from }, process.stdout);
    });
};
