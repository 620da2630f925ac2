import { setImmediate as nextTurn } from "node:timers/promises";
import type { BenchCase, BenchContext } from "../harness/case.ts";
import { lessRow, multipleRow } from "../harness/rows.ts";
import type { Row } from "../harness/rows.ts";
import { summarise } from "../harness/stats.ts";
import type { LivingMarket } from "../market/types.ts";
import { hasPython, runPython, type BrainAnswer } from "./brainClients.ts";
import { openDaemon, RAISED, type BrainDaemon } from "./brainDaemon.ts";
import { floodRows, hintRows } from "./brainHints.ts";
import { dislocated, drawRoutes, reservesOf, type BrainRoute } from "./brainRoutes.ts";

const ROUTES = 5_000;
const WARM_UP = 2_000;
const LIST = 1_000;
const ROUNDS = 120;
/** One pool in so many pays: many where routes are priced one by one, few where a market lives on. */
const [MANY, FEW] = [25, 200] as const;
const QUICK = { routes: 150, warmUp: 20, rounds: 2 } as const;

interface Contest {
  readonly market: LivingMarket;
  readonly daemon: BrainDaemon;
  readonly routes: readonly BrainRoute[];
  readonly python: boolean;
}

const saidOf = ({ said }: BrainRoute): BrainRoute["said"] => said;

/** What the engine itself says to a route at this moment. */
function judgementOf({ engine }: BrainDaemon, { hops }: BrainRoute): BrainAnswer {
  const route = { id: "judge", source: "bench", hops, scoreFloat: 1, budgetFloat: 1 };
  for (const decision of engine.step({ type: "hint", time: 0, use: "ask", routes: [route] })) {
    if (decision.type !== "hint") continue;
    const { state, net, profit, amountIn } = decision;
    const [netText, profitText, amountText] = [net, profit, amountIn].map((one) => one?.toString() ?? null);
    return {
      profitable: state === "profitable",
      net: netText ?? null,
      profit: profitText ?? null,
      amountIn: amountText ?? null,
    };
  }
  throw new Error("the engine says nothing");
}

async function routeRows(context: BenchContext, contest: Contest): Promise<readonly Row[]> {
  const { daemon, market, python } = contest;
  if (!python) return [];
  const warmUp = context.quick ? QUICK.warmUp : WARM_UP;
  const routes = contest.routes.slice(0, context.quick ? QUICK.routes : ROUTES);
  const { version, processRoute, best, quote, answers } = await runPython("routes", {
    socket: daemon.socket,
    routes: routes.map(saidOf),
    pools: reservesOf(market),
    warmUp,
  });
  const asked = routes.slice(warmUp);
  const wrong = asked.filter((route, i) => {
    const [own, told] = [judgementOf(daemon, route), answers[i]];
    return own.net !== told?.net || own.profit !== told.profit || own.amountIn !== told.amountIn;
  }).length;
  const profitable = answers.filter((one) => one.profitable).length;
  context.check("processRoute says what the engine says", wrong === 0, `${wrong} of ${asked.length}`);
  context.check(
    "some routes are profitable and some are not",
    profitable > 0 && profitable < asked.length,
    `${profitable} of ${asked.length}`,
  );
  const [taken, floor, own, one] = [processRoute, version, best, quote].map(summarise);
  if (taken === undefined || floor === undefined || own === undefined || one === undefined) return [];
  const name = `processRoute, Python -> daemon -> Python, ${market.name}`;
  return [
    lessRow({
      name: `${name}: p50`,
      unit: "us",
      value: taken.p50,
      reference: "the same route's best size by golden section in pure Python, in-process",
      referenceValue: own.p50,
      bar: "value <= 300",
      note: `${taken.count} distinct routes, ${profitable} profitable; one quote in Python ${one.p50.toFixed(1)}`,
    }),
    multipleRow({
      name: `${name}: p99`,
      unit: "us",
      value: taken.p99,
      reference: "its p50",
      referenceValue: taken.p50,
      bar: "value <= 2000",
      note: `p90 ${taken.p90.toFixed(0)}, longest ${taken.max.toFixed(0)}`,
    }),
    multipleRow({
      name: `${name}: p50 over the floor`,
      unit: "us",
      value: taken.p50,
      reference: "`version` over the same socket",
      referenceValue: floor.p50,
    }),
  ];
}

/** Lists of distinct routes; where there are too few for all lists, lists overlap. */
function listsOf(routes: readonly BrainRoute[]): readonly (readonly BrainRoute["said"][])[] {
  const count = Math.max(1, Math.floor(routes.length / LIST));
  return Array.from({ length: count }, (_, i) => routes.slice(i * LIST, (i + 1) * LIST).map(saidOf));
}

async function arbitrageRows(context: BenchContext, contest: Contest): Promise<readonly Row[]> {
  const { daemon, market, python, routes } = contest;
  const lists = listsOf(routes);
  const rounds = context.quick ? QUICK.rounds : ROUNDS;
  const inside: number[] = [];
  let [profitable, asked] = [0, 0];
  for (let round = -Math.ceil(rounds / 4); round < rounds; round++) {
    daemon.nextBlock();
    await nextTurn();
    const list = lists[Math.abs(round) % lists.length] ?? [];
    const began = performance.now();
    const answer = await daemon.control.dispatch("findArbitrage", [...list]);
    if (round >= 0) inside.push((performance.now() - began) * 1000);
    if (typeof answer === "object" && answer !== null && "asked" in answer && "profitable" in answer) {
      asked += Number(answer.asked) === list.length ? 1 : 0;
      profitable += Number(answer.profitable);
    }
  }
  const all = rounds + Math.ceil(rounds / 4);
  context.check("findArbitrage asks for every route of a list", asked === all, `${asked} of ${all} lists`);
  const within = summarise(inside);
  const name = `findArbitrage, ${lists[0]?.length ?? 0} routes, ${market.name}`;
  const note = `${rounds} lists of distinct routes in ${lists.length} kinds, a block of 20 changes before each; p99 ${(within.p99 / 1000).toFixed(1)} ms; ${profitable} profitable answers in all`;
  if (!python) return [];
  const ticking = setInterval(() => daemon.nextBlock(), 100);
  const { findArbitrage, best } = await runPython("arbitrage", {
    socket: daemon.socket,
    lists,
    pools: reservesOf(market),
    warmUp: context.quick ? 1 : 40,
    rounds,
  }).finally(() => clearInterval(ticking));
  const [outside, own] = [summarise(findArbitrage), summarise(best)];
  const row = {
    unit: "ms",
    reference: "best sizes by golden section in pure Python",
    referenceValue: own.p50 / 1000,
    bar: "value <= 5",
  } as const;
  return [
    lessRow({ ...row, name: `${name}: inside, p50`, value: within.p50 / 1000, note }),
    lessRow({
      ...row,
      name: `${name}: as the Python client sees it, p50`,
      value: outside.p50 / 1000,
      note: `in requests of up to 200, pipelined; a block every 100 ms; p99 ${(outside.p99 / 1000).toFixed(1)} ms`,
    }),
  ];
}

async function measure(context: BenchContext): Promise<readonly Row[]> {
  const python = hasPython();
  if (!python) context.note("no python3 here: the rows that ask from Python are left out");
  // With `quick` the one that is small.
  const preset = context.quick ? "1k mixed" : "1k";
  const market = context.market(preset);
  const routes = drawRoutes(market, 20_000, context.seed);
  const onDaemon = async (
    living: LivingMarket,
    rowsOf: ((context: BenchContext, contest: Contest) => Promise<readonly Row[]>)[],
  ): Promise<readonly Row[]> => {
    const daemon = await openDaemon(living, RAISED);
    const rows: Row[] = [];
    try {
      context.collect();
      for (const each of rowsOf)
        rows.push(...(await each(context, { market: living, daemon, routes, python })));
    } finally {
      await daemon.stop();
    }
    return rows;
  };
  return [
    ...(await onDaemon(dislocated(market, MANY), [routeRows])),
    ...(await onDaemon(dislocated(context.market(preset), FEW), [arbitrageRows])),
    ...(await onDaemon(context.market(preset), [hintRows])),
    ...(await floodRows(context, preset, routes)),
  ];
}

export const brainCase: BenchCase = {
  name: "brain",
  about: "the brain's door: real sockets, clients in processes of their own",
  budgetMs: 15_000,
  run: measure,
};
