import type { BlockRow, FateRow, OpportunityRow } from "./ledgerView.ts";

/** Live lines for a person, on stderr when stdout is to carry JSON. */
export interface Screen {
  line(text: string): void;
  block(block: BlockRow, opportunities: readonly OpportunityRow[]): void;
  fate(fate: FateRow): void;
}

const pol = (amount: number): string => `${amount >= 0 ? "+" : ""}${amount.toFixed(3)} POL`;

export function createScreen(json: boolean): Screen {
  const stream = json ? process.stderr : process.stdout;
  const line = (text: string): void => void stream.write(`${text}\n`);
  return {
    line,
    block: ({ number, logs, micros }, opportunities) => {
      const head = `block ${number}  ${String(logs).padStart(2)} pool events  ${timing(micros)}`;
      const [best] = opportunities;
      if (best === undefined) {
        line(`${head}  nothing pays`);
        return;
      }
      const others = opportunities.length > 1 ? `  (+${opportunities.length - 1} more)` : "";
      line(
        `${head}  ${best.route}  ${best.net === null ? "no price" : pol(best.net)}  ${verdict(best)}${others}`,
      );
    },
    fate: (fate) => {
      line(`       ${fateText(fate)}`);
    },
  };
}

const timing = (micros: number | null): string =>
  micros === null ? "catching up" : `decided in ${(micros / 1000).toFixed(1)} ms`.padEnd(19);

const verdict = ({ code, detail }: OpportunityRow): string =>
  code === "submitted" ? "→ sent" : `→ skipped: ${code}${detail === "" ? "" : ` (${detail})`}`;

function fateText({ fate, reason, block, target, net }: FateRow): string {
  switch (fate) {
    case "included":
      return `✓ landed in block ${block}, ${pol(net)} after gas`;
    case "unknown":
      return `… intent for block ${target}: the chain has not answered yet (${reason})`;
    default:
      return `✗ intent for block ${target}: ${fate}, ${reason}`;
  }
}
