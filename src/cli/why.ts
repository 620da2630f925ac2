import { EXIT, PlainError, type ExitCode } from "../lib/errors.ts";
import { toJson } from "../lib/bigint.ts";
import { amountText, groupThousands } from "./amountText.ts";
import { safeText } from "../lib/safeText.ts";
import { openReader } from "../ledger/reader.ts";
import type { TokenLabel } from "../ledger/records.ts";
import type { FateReport, IntentReport, OpportunityReport } from "../ledger/report.ts";

/** Where a command's data goes: stdout, or a test's buffer. */
export interface Out {
  write(text: string): void;
}

export interface LedgerCommandOptions {
  /** Path of the ledger. */
  readonly db: string;
  readonly json: boolean;
}

/**
 * `turbo-mev why ID|last`: one opportunity through every gate; an intent's id or a transaction's hash shows all
 * that it carried. Throws `PlainError` (65) when the ledger cannot be read or knows no such id.
 */
export function whyCommand(id: string, options: LedgerCommandOptions, out: Out): ExitCode {
  const reader = openReader(options.db);
  try {
    const reports = reader.why(id);
    if (reports.length === 0) throw new PlainError(EXIT.badInput, unknownId(id));
    if (options.json) for (const report of reports) out.write(`${toJson(report)}\n`);
    // All of one intent: what became of it is told once, behind them.
    else out.write(reports.map((report, i) => formatWhy(report, i + 1 === reports.length)).join("\n"));
    return EXIT.ok;
  } finally {
    reader.close();
  }
}

const unknownId = (id: string): string =>
  id === "last"
    ? "the ledger has no opportunity yet"
    : `the ledger has no opportunity, intent or transaction ${safeText(id, 80)}; "turbo-mev why last" shows the newest`;

/**
 * The text of `why`: one line a gate, a label in front, and where it is wanted what became of the intent. Every
 * foreign text in it is made safe.
 */
function formatWhy(report: OpportunityReport, withIntent: boolean): string {
  const lines: [label: string, text: string][] = [
    ["id", `${safeText(report.id, 80)}   cycle ${safeText(report.cycleId, 80)}`],
    ["seen", seenText(report)],
    ["price", priceText(report)],
    ...report.hops.map((hop): [string, string] => [
      "hop",
      `${safeText(hop.dex ?? "unknown")} ${hop.pool}   ` +
        `${tokenText(hop.amountIn, hop.tokenIn)} > ${tokenText(hop.amountOut, hop.tokenOut)}`,
    ]),
    ...report.hints.map(({ id, source }): [string, string] => [
      "hint",
      `${safeText(id, 80)} of ${safeText(source, 80)}`,
    ]),
    ["gates", gatesText(report)],
    ["ended", report.detail === "" ? report.code : `${report.code}: ${safeText(report.detail, 160)}`],
    ...(report.intent === null || !withIntent ? [] : intentLines(report.intent, report.nativeSymbol)),
  ];
  return `${lines.map(([label, text]) => ` ${label.padEnd(7)}${text}`).join("\n")}\n`;
}

const tokenText = (amount: bigint, token: TokenLabel): string =>
  `${amountText(amount, token.decimals)} ${safeText(token.symbol, 42)}`;

/** Native amounts with six places: the rest is dust to a reader, and stands in the JSON. */
const nativeText = (wei: bigint | null, symbol: string): string =>
  wei === null ? "no price" : `${amountText(wei, 18, 6)} ${safeText(symbol)}`;

const gweiText = (wei: bigint): string => `${amountText(wei, 9, 3)} gwei`;

const timeText = (time: number): string => new Date(time).toISOString().replace("T", " ");

function seenText({ block, trigger, time }: OpportunityReport): string {
  const behind = trigger.type === "pending" ? `   behind pending ${trigger.hash}` : "";
  return `block ${groupThousands(block.number)} ${block.hash}${behind}   ${timeText(time)}`;
}

function priceText({ base, hops, amountIn, amountOut, profit, marginal }: OpportunityReport): string {
  const route = [...hops.map(({ tokenIn }) => tokenIn), base].map(({ symbol }) => safeText(symbol, 42));
  const rate = marginal === null ? "" : `   marginal ${marginal.toFixed(6)}`;
  return (
    `${route.join(">")}   in ${tokenText(amountIn, base)}   out ${tokenText(amountOut, base)}   ` +
    `profit ${tokenText(profit, base)}${rate}`
  );
}

function gatesText(report: OpportunityReport): string {
  const { nativeSymbol: symbol } = report;
  return [
    `verdict ${safeText(report.verdict, 80)}`,
    `profit ${nativeText(report.profitNative, symbol)}`,
    `gas ${groupThousands(report.gas)} x ${gweiText(report.gasPrice)} = ${nativeText(report.gasCost, symbol)}`,
    `net ${nativeText(report.net, symbol)} (need ${nativeText(report.minNet, symbol)})`,
  ].join("   ");
}

function intentLines(intent: IntentReport, symbol: string): [string, string][] {
  const { signed } = intent;
  return [
    [
      "intent",
      `${safeText(intent.id, 80)}   target block ${groupThousands(intent.targetBlock)}   ` +
        `opportunities ${intent.opportunities}   net ${nativeText(intent.net, symbol)}`,
    ],
    ...(signed === null
      ? []
      : ([
          [
            "signed",
            `${signed.transactionHash}   nonce ${signed.nonce}   bundle ${signed.bundleId}   +${signed.time - intent.time} ms`,
          ],
        ] satisfies [string, string][])),
    ...intent.submissions.map(({ channel, result, detail, micros, time }): [string, string] => [
      "sent",
      `${safeText(channel)} ${result}${detail === "" ? "" : ` (${safeText(detail, 160)})`} in ` +
        `${(micros / 1000).toFixed(1)} ms   +${time - intent.time} ms`,
    ]),
    ...(intent.fates.length === 0 ? [["result", "open"] satisfies [string, string]] : []),
    ...intent.fates.map((fate): [string, string] => ["result", fateText(fate, symbol)]),
  ];
}

function fateText(fate: FateReport, symbol: string): string {
  const parts: string[] = [fate.fate];
  if (fate.block !== null) {
    const index = fate.transactionIndex === null ? "" : ` index ${fate.transactionIndex}`;
    parts.push(`block ${groupThousands(fate.block)}${index}`);
  }
  if (fate.reason !== "") parts.push(safeText(fate.reason, 160));
  for (const { token, predicted, realised } of fate.profits) {
    const verdict = predicted === realised ? "equal" : "DIFFERENT";
    parts.push(
      `realised ${tokenText(realised, token)}, predicted ${tokenText(predicted, token)}: ${verdict}`,
    );
  }
  if (fate.gasUsed !== null && fate.effectiveGasPrice !== null) {
    const cost = nativeText(fate.gasUsed * fate.effectiveGasPrice, symbol);
    parts.push(`gas ${groupThousands(fate.gasUsed)} x ${gweiText(fate.effectiveGasPrice)} = ${cost}`);
  }
  return parts.join("   ");
}
