import { toJson } from "../lib/bigint.ts";
import { EXIT, type ExitCode } from "../lib/errors.ts";
import { safeText } from "../lib/safeText.ts";
import { openReader } from "../ledger/reader.ts";
import type { StatusReport } from "../ledger/statusQuery.ts";
import { groupThousands } from "./amountText.ts";
import { textTable } from "./textTable.ts";
import type { LedgerCommandOptions, Out } from "./why.ts";

/** `turbo-mev status`: where the daemon stands at `now`; with `json` one object. */
export function statusCommand(options: LedgerCommandOptions, now: number, out: Out): ExitCode {
  const reader = openReader(options.db);
  try {
    const status = reader.status(now);
    out.write(options.json ? `${toJson(status)}\n` : formatStatus(status, now));
    return EXIT.ok;
  } finally {
    reader.close();
  }
}

function formatStatus(status: StatusReport, now: number): string {
  const lines: [string, string][] = [
    ["run", runText(status)],
    ["block", blockText(status)],
    ["halt", haltText(status)],
    ["open", openText(status, now)],
    ["today", todayText(status)],
  ];
  const head = lines.map(([label, text]) => ` ${label.padEnd(7)}${text}`).join("\n");
  return `${head}\n${calibrationText(status)}`;
}

const timeText = (time: number): string => new Date(time).toISOString().slice(0, 19).replace("T", " ");

const UNITS = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
] as const;

/** "1.5 s", "12 min", "3 h", "2 d"; never more than there is. */
function spanText(millis: number): string {
  const [size, unit] = UNITS.find(([least]) => millis >= least) ?? [];
  return size === undefined ? `${(millis / 1000).toFixed(1)} s` : `${Math.floor(millis / size)} ${unit}`;
}

function runText({ run }: StatusReport): string {
  if (run === null) return "none yet";
  const end = run.endedAt === null ? "no end written" : `ended ${timeText(run.endedAt)}`;
  const version = safeText(run.version);
  return `${run.id}   ${run.mode}   chain ${run.chainId}   ${version}   since ${timeText(run.startedAt)}   ${end}`;
}

const blockText = ({ block }: StatusReport): string =>
  block === null
    ? "none yet"
    : `${groupThousands(block.number)} ${block.hash}   seen ${spanText(block.ageMillis)} ago`;

const haltText = ({ halt }: StatusReport): string =>
  halt === null ? "no" : `HALTED since ${timeText(halt.since)}: ${safeText(halt.reason, 160)}`;

/** Open intents that are named one by one. */
const MOST_NAMED = 5;

function openText({ openIntents }: StatusReport, now: number): string {
  const named = openIntents
    .slice(0, MOST_NAMED)
    .map(
      ({ id, targetBlock, openedAt }) =>
        `${safeText(id, 80)} for block ${groupThousands(targetBlock)}, ${spanText(now - openedAt)} old`,
    );
  const more = openIntents.length > MOST_NAMED ? ["…"] : [];
  return [`${openIntents.length} intents`, ...named, ...more].join("   ");
}

function todayText({ today, run }: StatusReport): string {
  const symbol = safeText(run?.nativeSymbol ?? "native");
  const { trades, landed, reverted, differing, gasCostFloat, netFloat } = today;
  const counts = `${trades} trades   ${landed} landed   ${reverted} reverted   ${differing} differing`;
  return `${counts}   gas ${gasCostFloat.toFixed(6)} ${symbol}   net ${netFloat.toFixed(6)} ${symbol}`;
}

const HEADINGS = ["contract", "function", "checked", "exact", "off", "reverted", "failed", "confidence"];

function calibrationText({ calibration }: StatusReport): string {
  if (calibration.length === 0) return " no prediction was checked yet\n";
  const rows = calibration.map((row) => [
    safeText(row.contract, 44),
    safeText(row.function, 60),
    ...[row.checked, row.exact, row.off, row.reverted, row.failed].map(groupThousands),
    row.confidenceFloat.toFixed(4),
  ]);
  return `\n${textTable([HEADINGS, ...rows])}\n`;
}
