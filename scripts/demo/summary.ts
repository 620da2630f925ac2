import type { PricedToken } from "../../devnet/market.ts";
import type { Audit } from "./audit.ts";
import type { LedgerView } from "./ledgerView.ts";
import type { Screen } from "./screen.ts";

interface Percentiles {
  readonly p50: number | null;
  readonly p99: number | null;
}

/** The object of FORMATS.md's `demo`, and what only people read. */
export interface Summary {
  readonly demo: {
    readonly seed: number;
    readonly blocks: number;
    readonly pendingSeen: number;
    readonly opportunities: number;
    readonly submitted: number;
    readonly landed: number;
    readonly revertedOnChain: number;
    readonly predictedEqualsRealised: { readonly equal: number; readonly of: number };
    readonly netProfitUsd: number;
    readonly latencyMicros: { readonly pendingToSubmit: Percentiles; readonly blockToDecision: Percentiles };
    readonly why: Readonly<Record<string, number>>;
  };
  /** Landed directly behind a pending transaction. */
  readonly backruns: number;
  /** Pending swaps that were predicted, by how that held when they were mined. */
  readonly predictions: Readonly<Record<string, number>>;
  readonly differences: readonly string[];
  readonly memoryMb: number;
  readonly end: { readonly code: number | null; readonly ms: number };
}

interface SummaryParts {
  readonly seed: number;
  readonly blocks: number;
  readonly view: LedgerView;
  readonly audit: Audit;
  readonly memoryMb: number;
  readonly end: Summary["end"];
  readonly prices: readonly PricedToken[];
}

export function summarise({ view, audit, prices, ...rest }: SummaryParts): Summary {
  const why = view.outcomes();
  const judged = Object.entries(why).filter(([code]) => !code.startsWith("fate_"));
  return {
    demo: {
      seed: rest.seed,
      blocks: rest.blocks,
      pendingSeen: view.pendingSeen(),
      opportunities: judged.reduce((sum, [, count]) => sum + count, 0),
      submitted: view.submitted(),
      landed: audit.landed,
      revertedOnChain: audit.reverted,
      predictedEqualsRealised: { equal: audit.equal, of: audit.landed },
      netProfitUsd: Math.round(netUsd(view, prices) * 100) / 100,
      latencyMicros: {
        pendingToSubmit: percentiles(view.backrunMicros()),
        blockToDecision: percentiles(view.decisionMicros()),
      },
      why,
    },
    backruns: audit.backruns,
    predictions: view.predictions(),
    differences: audit.differences,
    memoryMb: rest.memoryMb,
    end: rest.end,
  };
}

/** Realised profits at the local chain's anchor prices, less the gas paid: a float for people. */
function netUsd(view: LedgerView, prices: readonly PricedToken[]): number {
  const usd = new Map(prices.map(({ address, priceMicroUsd }) => [address, Number(priceMicroUsd) / 1e6]));
  const symbolUsd = new Map(prices.map(({ symbol, priceMicroUsd }) => [symbol, Number(priceMicroUsd) / 1e6]));
  const earned = view
    .profits()
    .reduce(
      (sum, { base, realised, decimals }) => sum + (Number(realised) / 10 ** decimals) * (usd.get(base) ?? 0),
      0,
    );
  return earned - view.gasNative() * (symbolUsd.get("WPOL") ?? 0);
}

function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number | null => sorted[Math.floor((sorted.length - 1) * share)] ?? null;
  return { p50: at(0.5), p99: at(0.99) };
}

/** What exit code 1 is for. */
export const fellShort = ({ demo, end }: Summary): boolean =>
  demo.landed === 0 ||
  demo.revertedOnChain > 0 ||
  demo.predictedEqualsRealised.equal !== demo.predictedEqualsRealised.of ||
  end.code !== 0;

export function tell(summary: Summary, screen: Screen): void {
  const { demo, differences, memoryMb, end } = summary;
  const { predictedEqualsRealised: equal, latencyMicros } = demo;
  const { blockToDecision, pendingToSubmit } = latencyMicros;
  for (const line of differences) screen.line(`DIFFERS ${line}`);
  screen.line("");
  screen.line(`${demo.blocks} blocks · ${demo.pendingSeen} pending transactions seen · seed ${demo.seed}`);
  screen.line(
    `${demo.opportunities} opportunities · ${demo.submitted} sent · ${demo.landed} landed · ` +
      `${demo.revertedOnChain} reverted on chain`,
  );
  screen.line(
    `predicted = realised = balance change to the wei: ${equal.equal} of ${equal.of} · ` +
      `net $${demo.netProfitUsd.toFixed(2)} after gas`,
  );
  screen.line(
    `${summary.backruns} of them directly behind a pending transaction · pending swaps predicted: ` +
      Object.entries(summary.predictions)
        .map(([verdict, count]) => `${verdict} ${count}`)
        .join(", "),
  );
  screen.line(
    `block to decision: p50 ${blockToDecision.p50} µs, p99 ${blockToDecision.p99} µs · ` +
      `pending to bundle: p50 ${pendingToSubmit.p50} µs, p99 ${pendingToSubmit.p99} µs`,
  );
  screen.line(`the daemon's peak memory: ${memoryMb} MB`);
  screen.line(`stopped by SIGTERM in ${end.ms} ms with exit code ${end.code}`);
  screen.line(
    `outcomes: ${Object.entries(demo.why)
      .map(([code, count]) => `${code} ${count}`)
      .join(" · ")}`,
  );
  screen.line("(the local traders are generous and there is no competitor: this is no forecast of income)");
}
