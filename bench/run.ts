import { CASES } from "./cases.ts";
import { bench } from "./harness/bench.ts";
import { type BenchOptions, chooseCases, HELP, readOptions } from "./harness/options.ts";

const EXIT_WRONG = 1;
const EXIT_USAGE = 64;

const data = (line: string): void => console.log(line);
const told = (line: string): void => console.error(line);

/** Null where there is nothing to run: help was asked for, or the arguments make no sense. */
function readArguments(): BenchOptions | null {
  try {
    const options = readOptions(process.argv.slice(2));
    if (options === null) data(HELP);
    else chooseCases(CASES, options.only);
    return options;
  } catch (error) {
    told(error instanceof Error ? error.message : String(error));
    process.exitCode = EXIT_USAGE;
    return null;
  }
}

const options = readArguments();
if (options !== null && !(await bench(CASES, options, { data, told }))) process.exitCode = EXIT_WRONG;
