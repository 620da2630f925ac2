import { Command, CommanderError } from "commander";
import { EXIT, PlainError, RetryableError, type ExitCode } from "../lib/errors.ts";
import { addHint, addTop, addWatch } from "./brainCommands.ts";
import { addConfig, addRun, addStatus, addTrades, addWhy } from "./daemonCommands.ts";
import { addOwner } from "./ownerCommands.ts";
import { addDecode, addQuote, addReplay, addScan } from "./poolCommands.ts";
import { version } from "./version.ts";

const oneLine = (text: string): string => text.trim().replace(/\s*\n\s*/g, " ");

/** One line on stderr, in the name of the command. */
const complain = (message: string): void => {
  process.stderr.write(`turbo-mev: ${oneLine(message.replace(/^error: /, ""))}\n`);
};

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

const createProgram = (): Command => {
  const program = newProgram();
  const ofDaemon = [addRun, addConfig, addStatus, addWhy, addTrades];
  const ofRunningDaemon = [addHint, addWatch, addTop, addOwner];
  const ofPools = [addScan, addReplay, addQuote, addDecode];
  for (const add of [...ofDaemon, ...ofRunningDaemon, ...ofPools]) add(program);
  return program;
};

const exitCodeOf = (error: unknown): ExitCode => {
  // Commander has printed its own line already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof PlainError && error.exitCode === EXIT.config) {
    // All faults of a configuration at once, each on its line.
    for (const line of error.message.split("\n")) complain(line);
  } else complain(error instanceof Error ? error.message : String(error));
  if (error instanceof PlainError) return error.exitCode;
  return error instanceof RetryableError ? EXIT.retry : EXIT.fellShort;
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
