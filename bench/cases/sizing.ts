import { amountOut } from "../../src/amm/swap.ts";
import { createLeg } from "../../src/search/leg.ts";
import { amountsThrough } from "../../src/search/scan/exactHops.ts";
import { createSizer } from "../../src/search/scan/sizer.ts";
import { estimateSize, sizeCycle } from "../../src/search/sizing.ts";
import type { BenchCase, BenchContext } from "../harness/case.ts";
import { measureRounds } from "../harness/rounds.ts";
import type { RoundOptions } from "../harness/rounds.ts";
import { lessRow, multipleRow } from "../harness/rows.ts";
import type { Bar, Row } from "../harness/rows.ts";
import type { PresetName } from "../market/generate.ts";
import { goldenSection } from "../references/goldenSection.ts";
import { grid } from "../references/grid.ts";
import { hillClimb } from "../references/hillClimb.ts";
import type { Size, SizingLeg } from "../references/sizing.ts";
import { ternary } from "../references/ternary.ts";
import { takingTurns } from "./contenders.ts";
import { drawCycles, tableOf } from "./sizingSample.ts";
import type { SampleCycle } from "./sizingSample.ts";

interface Kind {
  readonly name: string;
  readonly preset: PresetName;
  readonly wanted: (legs: readonly SizingLeg[]) => boolean;
  readonly bar: Bar;
}

const isV2 = ({ state }: SizingLeg): boolean => state.kind === "v2";

const KINDS: readonly Kind[] = [
  { name: "V2 cycles", preset: "10k", wanted: (legs) => legs.every(isV2), bar: "ratio >= 50" },
  {
    name: "cycles with V3 or Algebra",
    preset: "11k mixed",
    wanted: (legs) => !legs.every(isV2),
    bar: "ratio >= 200",
  },
];

const CYCLES = 256;
const QUICK_CYCLES = 48;

/** One way to size, by place in the sample. */
interface Method {
  readonly name: string;
  readonly size: (at: number) => Size | null;
}

/** Ours first, then what it is compared with; the last two are parts of our own. */
function createMethods(cycles: readonly SampleCycle[]): readonly [ours: Method, ...others: Method[]] {
  const { edges, starts, ...parts } = tableOf(cycles);
  const { table, optimum } = parts;
  const sizer = createSizer(parts);
  const hopsOf = (at: number): number => cycles[at]?.legs.length ?? 0;
  const way = { edges, at: 0, hops: 0, stretches: [] };
  const closedForm = (at: number): Size | null => {
    way.at = starts[at] ?? 0;
    way.hops = hopsOf(at);
    optimum.profitFloat(edges, way.at, way.hops);
    const amountIn = BigInt(Math.floor(optimum.inputFloat[0] ?? 0));
    const amounts = amountIn > 0n ? amountsThrough(table, amountIn, way) : null;
    return amounts && { amountIn, profit: (amounts[way.hops] ?? 0n) - amountIn };
  };
  const onCycle = (name: string, of: (cycle: SampleCycle) => Size | null): Method => ({
    name,
    size: (at) => {
      const cycle = cycles[at];
      return cycle === undefined ? null : of(cycle);
    },
  });
  return [
    { name: "ours", size: (at) => sized(sizer.size(edges, starts[at] ?? 0, hopsOf(at))) },
    onCycle("ternary search in bigint", ({ legs }) => ternary(legs)),
    onCycle("golden section in bigint", ({ legs }) => goldenSection(legs)),
    onCycle("hill climb in bigint", ({ legs }) => hillClimb(legs)),
    onCycle("grid of 33 sizes in bigint", ({ legs, base }) => grid(legs, base)),
    { name: "closed form, one exact check", size: closedForm },
    onCycle("thorough search of src/search", thorough),
  ];
}

/** `sizeCycle`: where the sizer finds that it fell short it asks this one. */
function thorough({ legs }: SampleCycle): Size | null {
  const made = legs.map(({ state, zeroForOne }) => createLeg(state, zeroForOne));
  const estimate = estimateSize(made);
  return sized((estimate && sizeCycle(made, estimate)) ?? null);
}

const sized = (
  sizing: { readonly amounts: readonly bigint[]; readonly profit: bigint } | null,
): Size | null => sizing && { amountIn: sizing.amounts[0] ?? 0n, profit: sizing.profit };

/** What a method got of each cycle. */
interface Result {
  readonly name: string;
  /** Mean share of the best profit that any of the methods found. */
  readonly captured: number;
  /** Largest share that it lost beyond one raw unit of the base; and beyond one of any token on the way. */
  readonly worst: number;
  readonly worstBeyondUnits: number;
  /** Sizes whose profit is not the contracts'. */
  readonly wrong: number;
}

function judge({ name, size }: Method, cycles: readonly SampleCycle[], best: readonly Size[]): Result {
  let [captured, worst, worstBeyondUnits, wrong] = [0, 0, 0, 0];
  for (const [at, { legs }] of cycles.entries()) {
    const found = size(at);
    const { amountIn, profit } = best[at] ?? { amountIn: 1n, profit: 1n };
    if (found !== null && outputOf(legs, found.amountIn).at(-1) !== found.amountIn + found.profit) wrong++;
    const lack = profit - (found?.profit ?? 0n);
    captured += Number(found?.profit ?? 0n) / Number(profit) / cycles.length;
    if (lack > 1n) worst = Math.max(worst, Number(lack) / Number(profit));
    if (lack > coarsestUnit(legs, amountIn))
      worstBeyondUnits = Math.max(worstBeyondUnits, Number(lack) / Number(profit));
  }
  return { name, captured, worst, worstBeyondUnits, wrong };
}

/** Amounts by the contracts' own functions, hop by hop. */
function outputOf(legs: readonly SizingLeg[], amountIn: bigint): readonly bigint[] {
  const amounts = [amountIn];
  for (const { state, zeroForOne } of legs) amounts.push(amountOut(state, zeroForOne, amounts.at(-1) ?? 0n));
  return amounts;
}

/** What one raw unit of the token with the smallest amount on the way is worth, in raw units of the base. */
function coarsestUnit(legs: readonly SizingLeg[], amountIn: bigint): bigint {
  const amounts = outputOf(legs, amountIn).slice(0, -1);
  const least = amounts.reduce((low, amount) => (amount < low ? amount : low), amountIn);
  return amountIn / least + 1n;
}

function bestOf(methods: readonly Method[], at: number): Size {
  let best: Size = { amountIn: 1n, profit: 1n };
  for (const { size } of methods) {
    const found = size(at);
    if (found !== null && found.profit > best.profit) best = found;
  }
  return best;
}

async function measureMethods(
  methods: readonly Method[],
  count: number,
  options: RoundOptions,
): Promise<readonly number[]> {
  const places = Array.from({ length: count }, (_, at) => at);
  const contenders = methods.map(({ name, size }) =>
    takingTurns(name, places, (at) => (size(at)?.profit === 0n ? 1 : 2)),
  );
  return (await measureRounds(contenders, options)).map(({ micros }) => micros.p50);
}

async function measureKind(context: BenchContext, kind: Kind, budgetMs: number): Promise<readonly Row[]> {
  const end = performance.now() + budgetMs;
  const count = context.quick ? QUICK_CYCLES : CYCLES;
  const market = context.market(kind.preset);
  const cycles = drawCycles(market, { count, seed: context.seed, wanted: kind.wanted });
  context.check(`${kind.name}: some pay`, cycles.length > 0);
  if (cycles.length === 0) return [];
  const methods = createMethods(cycles);
  const best = cycles.map((_, at) => bestOf(methods, at));
  const results = methods.map((method) => judge(method, cycles, best));
  for (const { name, wrong } of results)
    context.check(`${kind.name}: every size by ${name} re-prices exactly`, wrong === 0, `${wrong} do not`);
  const left = Math.max(0, end - performance.now());
  const warm = await measureMethods(methods, cycles.length, { budgetMs: 0.8 * left });
  const flushed = await measureMethods(methods.slice(0, 2), cycles.length, {
    budgetMs: 0.2 * left,
    flush: context.flush,
  });
  const sample = `${cycles.length} cycles of 2 to 4 hops that the scan ranked in ${market.name}`;
  return rowsOf(kind, { results, warm, flushed, sample });
}

interface Figures {
  readonly results: readonly Result[];
  readonly warm: readonly number[];
  readonly flushed: readonly number[];
  readonly sample: string;
}

function rowsOf({ name, bar }: Kind, { results, warm, flushed, sample }: Figures): readonly Row[] {
  const [ours, byTernary] = results;
  const [value = NaN, ternaryValue = NaN] = warm;
  const [coldValue = NaN, coldTernary = NaN] = flushed;
  if (ours === undefined || byTernary === undefined) return [];
  const { captured, worst, worstBeyondUnits } = ours;
  const reference = byTernary.name;
  const rows: Row[] = [
    lessRow({
      name,
      unit: "us",
      value,
      reference,
      referenceValue: ternaryValue,
      captured,
      bar,
      note: `${sample}; captured: mean share of the best that any method found`,
    }),
    multipleRow({
      name: `${name}: worst loss`,
      unit: "of the best",
      value: worstBeyondUnits,
      reference,
      referenceValue: byTernary.worstBeyondUnits,
      bar: "value <= 0.000001",
      note: `losses of less than one raw unit of some token on the way are none; with one of the base only: ${worst.toExponential(1)} against ${byTernary.worst.toExponential(1)}`,
    }),
    lessRow({
      name: `${name}, flushed`,
      unit: "us",
      value: coldValue,
      reference,
      referenceValue: coldTernary,
    }),
  ];
  for (const [i, result] of results.entries())
    if (i >= 2)
      rows.push(
        lessRow({
          name: `${name}: ${result.name}`,
          unit: "us",
          value: warm[i] ?? NaN,
          reference,
          referenceValue: ternaryValue,
          captured: result.captured,
          note: `worst loss ${result.worst.toExponential(1)}`,
        }),
      );
  return rows;
}

async function measure(context: BenchContext): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [i, kind] of KINDS.entries())
    rows.push(...(await measureKind(context, kind, context.timeLeftMs() / (KINDS.length - i))));
  return rows;
}

export const sizingCase: BenchCase = {
  name: "sizing",
  about: "a cycle that pays to the integer input at which it earns most, with exact amounts",
  budgetMs: 10_000,
  run: measure,
};
