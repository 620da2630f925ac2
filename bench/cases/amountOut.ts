import { BigNumber } from "bignumber.js";
import { v2AmountOut } from "../../src/amm/v2.ts";
import type { BenchCase, BenchContext } from "../harness/case.ts";
import { measureRounds } from "../harness/rounds.ts";
import { lessRow, type Row } from "../harness/rows.ts";
import { createRandom, rawNear } from "../market/random.ts";
import type { BenchMarket } from "../market/types.ts";

/** Swaps to price, each with an input of up to a tenth of the pool. */
interface Swaps {
  readonly count: number;
  readonly input: readonly bigint[];
  readonly reserveIn: readonly bigint[];
  readonly reserveOut: readonly bigint[];
  readonly feePpm: readonly number[];
}

const COUNT = 4096;
/** One rounding each for three products, a sum and a quotient, and what the operands lost on their way into floats. */
const MOST_RELATIVE_ERROR = 1e-15;

function drawSwaps({ states }: BenchMarket, seed: number): Swaps {
  const random = createRandom(seed, "amountOut");
  const swaps = { input: [0n], reserveIn: [0n], reserveOut: [0n], feePpm: [0] };
  for (const list of Object.values(swaps)) list.length = 0;
  while (swaps.input.length < COUNT) {
    const state = states[random.below(states.length)];
    if (state === undefined || state === null || state.kind !== "v2") continue;
    const zeroForOne = random.next() < 0.5;
    const reserveIn = zeroForOne ? state.reserve0 : state.reserve1;
    swaps.input.push(rawNear((Number(reserveIn) / 10) * random.next(), random));
    swaps.reserveIn.push(reserveIn);
    swaps.reserveOut.push(zeroForOne ? state.reserve1 : state.reserve0);
    swaps.feePpm.push(state.feePpm);
  }
  return { count: COUNT, ...swaps };
}

const floats = (values: readonly bigint[]): Float64Array => Float64Array.from(values, Number);

function createFloatRun(swaps: Swaps): { run: (times: number) => number; at: (i: number) => number } {
  const [input, reserveIn, reserveOut] = [
    floats(swaps.input),
    floats(swaps.reserveIn),
    floats(swaps.reserveOut),
  ];
  const factor = Float64Array.from(swaps.feePpm, (ppm) => 1 - ppm / 1e6);
  const at = (i: number): number => {
    const afterFee = (input[i] ?? 0) * (factor[i] ?? 0);
    return (afterFee * (reserveOut[i] ?? 0)) / ((reserveIn[i] ?? 0) + afterFee);
  };
  const run = (times: number): number => {
    let sum = 0;
    for (let round = 0; round < times; round++) for (let i = 0; i < swaps.count; i++) sum += at(i);
    return sum;
  };
  return { run, at };
}

const exactAt = ({ input, reserveIn, reserveOut, feePpm }: Swaps, i: number): bigint =>
  v2AmountOut(input[i] ?? 0n, reserveIn[i] ?? 1n, reserveOut[i] ?? 0n, feePpm[i] ?? 0);

const createExactRun =
  (swaps: Swaps) =>
  (times: number): number => {
    let sum = 0n;
    for (let round = 0; round < times; round++)
      for (let i = 0; i < swaps.count; i++) sum += exactAt(swaps, i);
    return Number(sum % 1_000_003n);
  };

const big = (values: readonly (bigint | number)[]): readonly BigNumber[] =>
  values.map((value) => new BigNumber(value.toString()));

function createBigNumberRun(swaps: Swaps): { run: (times: number) => number; at: (i: number) => BigNumber } {
  const [input, reserveIn, reserveOut] = [big(swaps.input), big(swaps.reserveIn), big(swaps.reserveOut)];
  const factor = big(swaps.feePpm.map((ppm) => 1_000_000 - ppm));
  const zero = new BigNumber(0);
  const at = (i: number): BigNumber => {
    const afterFee = (input[i] ?? zero).times(factor[i] ?? zero);
    return afterFee.times(reserveOut[i] ?? zero).idiv((reserveIn[i] ?? zero).times(1_000_000).plus(afterFee));
  };
  const run = (times: number): number => {
    let sum = 0;
    for (let round = 0; round < times; round++) for (let i = 0; i < swaps.count; i++) sum += at(i).e ?? 0;
    return sum;
  };
  return { run, at };
}

async function measure(context: BenchContext): Promise<readonly Row[]> {
  const market = context.market("10k");
  const swaps = drawSwaps(market, context.seed);
  const float = createFloatRun(swaps);
  const peer = createBigNumberRun(swaps);
  checkAnswers(context, swaps, float.at, peer.at);
  const [inFloat, inBigint, inBigNumber] = await measureRounds(
    [
      { name: "float64", run: float.run },
      { name: "bigint", run: createExactRun(swaps) },
      { name: "bignumber.js", run: peer.run },
    ],
    { budgetMs: context.timeLeftMs() },
  );
  // A batch's call is all swaps once; times are microseconds.
  const nanos = (timing: typeof inFloat): number => ((timing?.micros.p50 ?? 0) * 1000) / swaps.count;
  const plain = { unit: "ns", name: "getAmountOut: float64 estimate" };
  return [
    lessRow({ ...plain, value: nanos(inFloat), reference: "bigint, exact", referenceValue: nanos(inBigint) }),
    lessRow({
      unit: "ns",
      name: "getAmountOut: bigint, exact",
      value: nanos(inBigint),
      reference: "bignumber.js",
      referenceValue: nanos(inBigNumber),
    }),
  ];
}

function checkAnswers(
  context: BenchContext,
  swaps: Swaps,
  floatAt: (i: number) => number,
  peerAt: (i: number) => BigNumber,
): void {
  let [different, worst] = [0, 0];
  for (let i = 0; i < swaps.count; i++) {
    const exact = exactAt(swaps, i);
    if (peerAt(i).toFixed() !== exact.toString()) different++;
    // The integer is rounded down: the float may be up to one unit more.
    const error = Math.max(0, Math.abs(floatAt(i) - Number(exact)) - 1) / Math.max(1, Number(exact));
    worst = Math.max(worst, error);
  }
  context.check("bigint and bignumber.js agree on every swap", different === 0, `${different} differ`);
  context.check(
    "the float is the integer to its last digits",
    worst <= MOST_RELATIVE_ERROR,
    `off by ${worst}`,
  );
}

export const amountOutCase: BenchCase = {
  name: "amm.amountOut",
  about: `output of one V2 swap, ${COUNT} swaps of the market one after the other`,
  budgetMs: 4000,
  run: measure,
};
