import { expect, test } from "vitest";
import { readMetrics, type TopSample } from "../../../src/cli/topSample.ts";
import { topLine, topLines, topView } from "../../../src/cli/topView.ts";

const sample = (told: number, at: number, change: object = {}): TopSample => ({
  at,
  status: {
    version: "1.2.3",
    mode: "live",
    chain: 137,
    phase: "ready",
    block: 82_114_931,
    block_age_ms: 940,
    pools: 812,
    open_opportunities: 3,
    in_flight: 1,
    hints: 3,
    paused: null,
    halted: null,
    ...change,
  },
  metrics: {
    text: `# HELP turbo_mev_pending_transactions_total x
turbo_mev_pending_transactions_total ${told}
turbo_mev_tainted_pools 2
turbo_mev_opportunities_total{outcome="sent"} 122
turbo_mev_opportunities_total{outcome="below_min_profit"} 4188
turbo_mev_fates_total{fate="included"} 19
turbo_mev_fates_total{fate="__proto__"} 1
turbo_mev_stage_duration_seconds_bucket{stage="sign",le="0.001"} 5
`,
    processing_time_us: 41,
    opportunities_found: 4_310,
    bundles_dispatched: 122,
    mev_protection_saves_usd: 7.914,
    speedup_ratio: 97.25,
  },
  hints: ["brain", "sig\u001b[2Jnals", "brain"].map((source, i) => ({
    id: String(i),
    source,
    score: 0.5,
    expires_in_ms: 1,
    state: "accepted",
    code: null,
    net: null,
  })),
});
const fate = { time: 0, fate: "included", intent: "i42\u202e", block: 82_114_920, reason: "" };

test("the whole screen", () => {
  const view = topView(sample(1_262, 2_000), sample(1_000, 0), [fate, { ...fate, reason: "late\n" }]);
  expect(topLines(view)).toEqual([
    "          turbo-mev 1.2.3   live   chain 137   ready",
    " block    82,114,931   0.9 s old",
    " pools    812   2 in doubt",
    " pending  131 a second",
    " found    below_min_profit 4,188   sent 122",
    " open     3 opportunities   1 in flight",
    " fates    included 19   __proto__ 1",
    " hints    3 live: brain 2   sig[2Jnals 1",
    "          none",
    " brain    processing time 41 us   speed-up against the Python path 97.3x",
    "          opportunities found 4,310   bundles dispatched 122   kept by private submission $7.91",
    " last     00:00:00   included   block 82,114,920   i42",
    "          00:00:00   included   block 82,114,920   i42   late",
  ]);
  expect(topLine(view, 0)).toBe(
    "00:00:00   live   ready   block 82,114,931 0.9 s old   pending 131/s   found 4,310   bundles 122   in flight 1   hints 3",
  );
});

test("what is not known is not made up", () => {
  const first = topView(sample(1, 0, { block: null, block_age_ms: null }), null, []);
  expect(first).toMatchObject({ pendingPerSecond: null, block: null });
  expect(topLines(first)).toContain(" pending  - a second");
  // A daemon that has started anew counts from 0.
  expect(topView(sample(1, 1_000), sample(500, 0), []).pendingPerSecond).toBe(null);
});

test.each([
  [{ paused: "lunch" }, "PAUSED: lunch"],
  [{ halted: "three\u0007 reverts", paused: "lunch" }, "HALTED: three reverts"],
])("%j is told in the first line", (change, words) => {
  expect(topLines(topView(sample(1, 0, change), null, []))[0]).toBe(
    `          turbo-mev 1.2.3   live   chain 137   ${words}`,
  );
});

test("metrics that are not the daemon's, or no metrics, are passed over", () => {
  expect([
    ...readMetrics('go_threads 7\n# TYPE x\n\nturbo_mev_x{a="q\\"{} 1",b="2"} 3e-2\nturbo_mev_y\n'),
  ]).toEqual([["x", [{ label: 'q\\"{} 1', value: 0.03 }]]]);
});
