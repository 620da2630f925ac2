import type { BenchCase, Check } from "./case.ts";
import { machineText, readMachine } from "./machine.ts";
import { type BenchOptions, chooseCases } from "./options.ts";
import { meets, type Row, rowJson } from "./rows.ts";
import { type CaseResult, runCases } from "./runner.ts";
import { tableText } from "./table.ts";

/** Where lines go: `data` to stdout, `told` to stderr. */
export interface BenchOutput {
  readonly data: (line: string) => void;
  readonly told: (line: string) => void;
}

function resultText({ case: each, rows, checks, notes, seconds }: CaseResult): string {
  const failed = checks.filter(({ ok }) => !ok);
  return [
    `${each.name}: ${each.about} (${seconds.toFixed(1)} s)`,
    ...(rows.length > 0 ? [tableText(rows)] : []),
    ...notes.map((note) => `  ${note}`),
    ...(checks.length > 0 ? [`  checks: ${checks.length - failed.length} of ${checks.length} right`] : []),
    ...failed.map(({ name, detail }) => `  WRONG: ${name}${detail === "" ? "" : `: ${detail}`}`),
    "",
  ].join("\n");
}

function summaryText(rows: readonly Row[], checks: readonly Check[], quick: boolean): string {
  const wrong = checks.filter(({ ok }) => !ok).length;
  const promised = rows.filter(({ bar }) => bar !== undefined);
  const met = promised.filter((row) => row.bar !== undefined && meets(row, row.bar) === true).length;
  const bars = quick ? "a quick run judges no bars" : `${met} of ${promised.length} bars met`;
  return `${bars}; ${checks.length - wrong} checks right, ${wrong} wrong`;
}

/**
 * Runs the chosen cases and prints their tables as they end; with `json` the tables are told and the data are
 * three lines: machine, checks, and last the rows. Gives whether every check was right.
 */
export async function bench(
  cases: readonly BenchCase[],
  { json, quick, only, seed }: BenchOptions,
  { data, told }: BenchOutput,
): Promise<boolean> {
  const say = json ? told : data;
  const chosen = chooseCases(cases, only);
  const machine = readMachine();
  say(`turbo-mev bench, seed ${seed}${quick ? ", quick" : ""}\n${machineText(machine)}\n`);
  const rows: Row[] = [];
  const checks: Check[] = [];
  const start = performance.now();
  for await (const result of runCases(chosen, { seed, quick })) {
    say(resultText(result));
    rows.push(...result.rows);
    checks.push(...result.checks);
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  say(`${summaryText(rows, checks, quick)}; ${seconds} s`);
  if (json) {
    data(JSON.stringify({ machine, seed, quick }));
    data(JSON.stringify({ checks }));
    data(JSON.stringify({ bench: rows.map(rowJson) }));
  }
  return checks.every(({ ok }) => ok);
}
