import { createLocalSigner } from "../../src/execution/localSigner.ts";
import { loadPrimitives } from "../../src/execution/primitives.ts";
import type { Primitives } from "../../src/execution/primitives.ts";
import { silentLog } from "../../src/lib/log.ts";
import { secret } from "../../src/lib/secret.ts";
import type { BenchCase, BenchContext } from "../harness/case.ts";
import { lessRow } from "../harness/rows.ts";
import type { Row } from "../harness/rows.ts";
import { summarise } from "../harness/stats.ts";
import { measureSteps } from "../harness/steps.ts";
import { createSeedBundler, processSeedOpportunities } from "../references/seedPipeline.ts";
import type { SeedBundler } from "../references/seedPipeline.ts";
import { createOurPipeline } from "./ourPipeline.ts";
import type { OurPipeline } from "./ourPipeline.ts";
import { BENCH_KEY, drawPlans, WALLET } from "./plans.ts";
import { bundleRows, graphRows, milliseconds, PAIRS, routeRows, seedPairs } from "./seedParts.ts";

const CHANGES = 20;
const BLOCKS = 600;
const QUICK_BLOCKS = 60;
const WARM_UP = 500;
const QUICK_WARM_UP = 10;
/** One of our pipelines on its way through the blocks; entries are those of the counted blocks that it signed in. */
interface Followed {
  readonly micros: number[];
  /** By block, in wei of native; 0 where nothing was signed. */
  readonly worth: Float64Array;
  readonly step: (block: number) => void;
}

function follow(ours: OurPipeline, frames: readonly (readonly Buffer[])[], warmUp: number): Followed {
  const micros: number[] = [];
  const worth = new Float64Array(frames.length);
  const step = (block: number): void => {
    const start = performance.now();
    const { raw, worthFloat } = ours.run(frames[block] ?? []);
    const taken = (performance.now() - start) * 1000;
    if (raw === null) return;
    worth[block] = worthFloat;
    if (block >= warmUp) micros.push(taken);
  };
  return { micros, worth, step };
}

async function pipelineRows(
  context: BenchContext,
  primitives: Primitives,
  bundler: SeedBundler,
): Promise<readonly Row[]> {
  const market = context.market("10k");
  const json = JSON.stringify(seedPairs(market));
  const [warmUp, steps] = context.quick ? [QUICK_WARM_UP, QUICK_BLOCKS] : [WARM_UP, BLOCKS];
  const frames = Array.from({ length: warmUp + steps }, () =>
    market.nextBlock(CHANGES).changes.map(({ frame }) => frame),
  );
  const wallet = WALLET;
  const atOnce = follow(createOurPipeline(market, { wallet, primitives, atOnce: true }), frames, warmUp);
  const exact = follow(createOurPipeline(market, { wallet, primitives }), frames, warmUp);
  let found = 0;
  const [any, , seed] = await measureSteps(
    [
      { name: "at once", step: atOnce.step },
      { name: "exact best", step: exact.step },
      { name: "seed", step: (i) => void (found += processSeedOpportunities(json, bundler, i).length) },
    ],
    { steps, warmUp, budgetMs: context.timeLeftMs(), chunk: 100 },
  );
  if (any === undefined || seed === undefined) return [];
  context.check("the seed's pipeline finds nothing, as it stands", found === 0, `${found}`);
  const done = Math.min(any.done, seed.done) + warmUp;
  const [signed, best] = [atOnce, exact].map(({ worth }) =>
    worth.subarray(0, done).reduce((sum, one) => sum + one, 0),
  );
  const row = {
    unit: "ms",
    reference: `seed: JSON of ${PAIRS} pairs to bundles, which are never any`,
    referenceValue: milliseconds(seed.micros.p50),
  };
  const name = `pipeline, ${CHANGES} frames, ${market.name}`;
  return [
    lessRow({
      ...row,
      name: `${name}: a block that pays`,
      value: milliseconds(summarise(atOnce.micros).p50),
      bar: "value <= 0.2",
      ...(best === undefined || signed === undefined || best === 0 ? {} : { captured: signed / best }),
      note: `frames to signed transaction over all cycles of 2 to 4 hops, the answer in hand; ${atOnce.micros.length} such blocks`,
    }),
    lessRow({
      ...row,
      name: `${name}: a block that pays, exact best`,
      value: milliseconds(summarise(exact.micros).p50),
    }),
    lessRow({ ...row, name: `${name}: any block`, value: milliseconds(any.micros.p50) }),
  ];
}

async function measure(context: BenchContext): Promise<readonly Row[]> {
  const small = context.market("1k");
  const primitives = await loadPrimitives(silentLog);
  const seedBundler = await createSeedBundler();
  const [item] = drawPlans(small, 1, context.seed);
  if (item === undefined) return [];
  const raw = createLocalSigner(secret(BENCH_KEY), primitives).signPlan(
    item.plan,
    item.encoding,
    item.envelope,
  );
  const share = 0.15 * context.timeLeftMs();
  return [
    ...(await graphRows(context, small, share)),
    ...(await routeRows(context, small, share)),
    ...(await bundleRows(context, { keccak: primitives.keccak256, seedBundler, raw }, share)),
    ...(await pipelineRows(context, primitives, seedBundler)),
  ];
}

export const seedCase: BenchCase = {
  name: "seed",
  about: "the figures that the seed document claims, each beside its own algorithm",
  budgetMs: 9000,
  run: measure,
};
