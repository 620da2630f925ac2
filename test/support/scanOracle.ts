import { FAIR, LEVELS } from "../../src/search/scan/ladder.ts";
import { DEPTH, HIT, HIT_KINDS, ROW } from "../../src/search/scan/layout.ts";
import type { Layout } from "../../src/search/scan/layout.ts";
import { edgesOfLane } from "../../src/search/scan/scanIndex.ts";
import { integer } from "./searchMarkets.ts";

/** The lifted rate of an edge, from the ladder's words. */
function lifted({ edgeRates }: Layout, edge: number, level: number): number {
  const rate = edgeRates[edge * ROW + level] ?? 0;
  return level === 0 && rate < 1 / FAIR ? rate * FAIR : rate;
}

/**
 * What is wrong with a screen's hits, by trying every choice of pools along every cycle of tokens: hits without a cycle,
 * cycles without a hit, hits that are written twice.
 */
export function faultsOf(hits: readonly number[], layout: Layout, changed: ReadonlySet<number>): string[] {
  const asked = hitsByDefinition(layout, changed);
  const written = new Set(hits);
  const right = new Set(asked.flat());
  return [
    ...hits.filter((hit) => !right.has(hit)).map((hit) => `nothing pays at ${hit}`),
    ...asked.filter((any) => !any.some((hit) => written.has(hit))).map((any) => `none of ${any.join()}`),
    ...(written.size < hits.length ? ["a hit is written twice"] : []),
  ];
}

/** By cycle that reaches a threshold, the hits any of which has to name it. */
function hitsByDefinition(layout: Layout, changed: ReadonlySet<number>): number[][] {
  const asked = new Map<string, number[]>();
  const ask = (...hits: number[]) => void asked.set(hits.join(), hits);
  const edges = Array.from({ length: 2 * layout.pairs }, (_, lane) => edgesOfLane(layout, lane));
  const ratesOf = edges.map((ofLane) =>
    ofLane.map((edge) => Array.from({ length: LEVELS }, (_, level) => lifted(layout, edge, level))),
  );
  /** Calls back for each choice of pools that reaches a threshold, with the hops that changed. */
  const pay = (lanes: readonly number[], found: (fresh: readonly boolean[]) => void): void => {
    const choose = (depth: number, path: readonly number[], products: readonly number[]): void => {
      if (depth === lanes.length) {
        if (products.some((product, level) => product >= (layout.thresholds[level] ?? Infinity)))
          found(path.map((edge) => changed.has(edge >> 1)));
        return;
      }
      const lane = lanes[depth] ?? 0;
      for (const [at, edge] of (edges[lane] ?? []).entries()) {
        if (path.some((before) => before >> 1 === edge >> 1)) continue;
        const rates = ratesOf[lane]?.[at] ?? [];
        choose(
          depth + 1,
          [...path, edge],
          products.map((product, level) => product * (rates[level] ?? 0)),
        );
      }
    };
    choose(
      0,
      [],
      Array.from({ length: LEVELS }, () => 1),
    );
  };
  const add = (id: number, kind: number) => (fresh: readonly boolean[]) => {
    if (fresh.includes(true)) ask(HIT_KINDS * id + kind);
  };

  for (let pair = 0; pair < layout.pairs; pair++)
    if (layout.basePairs[pair] === 1) pay([2 * pair, 2 * pair + 1], add(pair, HIT.pair));
  for (let group = 0; group < layout.groups; group++) {
    const records = recordsOf(layout, group);
    const closing = layout.closingLane[group] ?? -1;
    for (const { record, forwards, backwards } of records) {
      if (layout.triangles[record] === 1) {
        pay([...forwards, closing], add(record, HIT.threeForwards));
        pay([closing ^ 1, ...backwards], add(record, HIT.threeBackwards));
      }
      if (layout.maxHops < 4) continue;
      for (const other of records) {
        if (other.record === record) continue;
        pay([...forwards, ...other.backwards], ([one = false, two = false, three = false, four = false]) => {
          const names = [
            ...(one || two ? [HIT_KINDS * record + HIT.fourForwards] : []),
            ...(three || four ? [HIT_KINDS * other.record + HIT.fourBackwards] : []),
          ];
          if (names.length > 0) ask(...names);
        });
      }
    }
  }
  return [...asked.values()];
}

function recordsOf({ firstRecord, endRecord, firstLane, secondLane }: Layout, group: number) {
  const first = firstRecord[group] ?? 0;
  return Array.from({ length: Math.max(0, (endRecord[group] ?? 0) - first) }, (_, at) => {
    const [one, two] = [firstLane[first + at] ?? 0, secondLane[first + at] ?? 0];
    return { record: first + at, forwards: [one, two], backwards: [two ^ 1, one ^ 1] };
  });
}

/** Writes random rates for both edges of a pool, falling with size: from around fair, or from anywhere. */
export function drawRates(layout: Layout, pool: number, random: () => number, width: number): void {
  const wild = random() < 0.05;
  const price = 1 + (random() - 0.5) * width;
  for (const edge of [2 * pool, 2 * pool + 1]) {
    let rate = wild ? random() * 1.5 : (edge % 2 === 0 ? price : 1 / price) * (1 - random() * 0.004);
    layout.edgeRates[edge * ROW + DEPTH] = 10 ** (16 + 4 * random());
    const most = random() < 0.2 ? integer(random, 0, LEVELS) : LEVELS;
    for (let level = 0; level < LEVELS; level++) {
      layout.edgeRates[edge * ROW + level] = level >= most ? 0 : rate;
      rate *= 1 - random() ** 3 * (wild ? 0.3 : 0.02);
    }
  }
}
