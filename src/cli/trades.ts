import { EXIT, PlainError, type ExitCode } from "../lib/errors.ts";
import { toJson } from "../lib/bigint.ts";
import { groupThousands } from "./amountText.ts";
import { safeText } from "../lib/safeText.ts";
import { openReader } from "../ledger/reader.ts";
import type { TradeReport } from "../ledger/report.ts";
import { textTable } from "./textTable.ts";
import type { LedgerCommandOptions, Out } from "./why.ts";

export interface TradesCommandOptions extends LedgerCommandOptions {
  /** Milliseconds since 1970; from `parseSince`. */
  readonly since?: number;
  readonly limit?: number;
}

/** `turbo-mev trades`: what reached the chain, newest first; with `json` one object a line. */
export function tradesCommand(options: TradesCommandOptions, out: Out): ExitCode {
  const reader = openReader(options.db);
  try {
    const trades = reader.trades({
      ...(options.since === undefined ? {} : { since: options.since }),
      ...(options.limit === undefined ? {} : { limit: options.limit }),
    });
    if (options.json) for (const trade of trades) out.write(`${toJson(trade)}\n`);
    else out.write(formatTrades(trades));
    return EXIT.ok;
  } finally {
    reader.close();
  }
}

const SPAN = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "90m", "24h" or "7d" before `now`, or an ISO date; milliseconds since 1970. Throws `PlainError` (64). */
export function parseSince(text: string, now: number): number {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (count !== undefined && (unit === "m" || unit === "h" || unit === "d")) {
    return now - Number(count) * SPAN[unit];
  }
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new PlainError(EXIT.usage, `--since ${safeText(text)}: give 90m, 24h, 7d or a date as 2026-01-31`);
  }
  return time;
}

const HEADINGS = [
  "time (UTC)",
  "block",
  "fate",
  "route",
  "base",
  "predicted",
  "realised",
  "equal",
  "gas",
  "net",
  "id",
];

/** Aligned columns; `gas` and `net` in whole native tokens; `id` is what `why` takes. */
function formatTrades(trades: readonly TradeReport[]): string {
  if (trades.length === 0) return "no trades\n";
  return `${textTable([HEADINGS, ...trades.map(tradeCells)])}\n`;
}

const floatText = (value: number | null): string => (value === null ? "-" : value.toFixed(6));

const tradeCells = (trade: TradeReport): string[] => [
  trade.time,
  trade.block === null ? "-" : groupThousands(trade.block),
  trade.fate,
  safeText(trade.route ?? "-", 80),
  safeText(trade.base ?? "-"),
  floatText(trade.predictedFloat),
  floatText(trade.realisedFloat),
  trade.fate === "included" ? (trade.equal ? "yes" : "NO") : "-",
  floatText(trade.gasCostFloat),
  floatText(trade.netFloat),
  safeText(trade.intentId, 80),
];
