import { describe, expect, test } from "vitest";
import { createEngine } from "../../../src/engine/engine.ts";
import {
  EVEN,
  HERE,
  THERE,
  OPTIONS as BACKRUN,
  judgedOf,
  sale,
  submitsOf,
  told,
} from "../../support/backrunStage.ts";
import {
  CHEAP,
  DEAR,
  OPTIONS,
  hint,
  hintsOf,
  hopsOf,
  moves,
  ringPays,
  route,
  start,
} from "../../support/hintStage.ts";
import { USDC, WPOL, address, committed, header, synced, v2Pool } from "../../support/marketFixture.ts";

describe("what is asked for at once", () => {
  test("is priced on the state of now, sent, and forgotten", () => {
    const engine = start();
    engine.step(ringPays(3));
    const decisions = engine.step(hint("ask", route("q")));
    const [submit] = submitsOf(decisions);
    const [opportunity] = submit?.plan.opportunities ?? [];
    expect(submit).toMatchObject({ hintIds: ["q"], targetBlock: 4, behind: [], parent: { number: 3 } });
    expect(hintsOf(decisions)).toEqual([
      {
        type: "hint",
        use: "ask",
        id: "q",
        source: "brain",
        state: "profitable",
        code: "submitted",
        net: submit?.net,
        base: WPOL,
        profit: opportunity?.profit,
        amountIn: opportunity?.amountIn,
        opportunityId: submit?.opportunityIds[0],
        block: { number: 3, hash: header(3).hash },
      },
    ]);
    expect(engine.status).toMatchObject({ hints: 0, inFlight: 1 });
    expect(submitsOf(engine.step(ringPays(4)))).toEqual([]);
  });

  test("asked again, it is not better than itself; refused, it may be sent again under another name", () => {
    const engine = start();
    engine.step(ringPays(3));
    const [first] = submitsOf(engine.step(hint("ask", route("q"))));
    const again = engine.step(hint("ask", route("q")));
    expect(hintsOf(again).map(({ code }) => code)).toEqual(["not_better"]);
    expect(submitsOf(again)).toEqual([]);
    // Whoever asks on and on is answered, and not written down each time.
    const third = engine.step(hint("ask", route("q")));
    expect(judgedOf([...again, ...third])).toHaveLength(1);
    expect(hintsOf(third)[0]).toMatchObject({ code: "not_better", opportunityId: null });
    const { intentId = "" } = first ?? {};
    const fate = {
      fate: "rejected",
      reason: "simulation_unavailable",
      block: null,
      transactionHash: null,
    } as const;
    engine.step({ type: "outcome", time: 0, intentId, ...fate });
    const [second] = submitsOf(engine.step(hint("ask", route("q"))));
    expect(second?.intentId).not.toBe(intentId);
    expect(second?.opportunityIds).not.toEqual(first?.opportunityIds);
  });

  test("it travels with what stands open, if both together are better than what is under way", () => {
    const engine = start();
    const block = moves(header(3), { [DEAR.address]: 4n, [address(3)]: 6n });
    const [settled] = submitsOf(engine.step(block));
    const [asked] = submitsOf(engine.step(hint("ask", route("q"))));
    expect(settled?.plan.opportunities).toHaveLength(1);
    expect(asked?.plan.opportunities).toHaveLength(2);
    expect(asked?.net).toBeGreaterThan(settled?.net ?? 0n);
  });

  test("only bundles may follow another plan of the block", () => {
    const engine = start({ backruns: null });
    engine.step(moves(header(3), { [DEAR.address]: 4n, [address(3)]: 6n }));
    expect(hintsOf(engine.step(hint("ask", route("q")))).map(({ code }) => code)).toEqual(["in_flight"]);
  });

  test("each route has one answer", () => {
    const engine = start();
    engine.step(ringPays(3));
    const back = hopsOf([CHEAP, DEAR]).map((hop, i) => ({ ...hop, zeroForOne: i === 0 }));
    const routes = [
      route("pays"),
      route("same"),
      route("even", { hops: back }),
      route("no cycle", { hops: back.slice(0, 1) }),
      route("unknown", { hops: [...back.slice(0, 1), { pool: address(99), zeroForOne: false }] }),
    ];
    const answers = hintsOf(engine.step(hint("ask", ...routes)));
    expect(answers.map(({ id, code }) => [id, code])).toEqual([
      ["pays", "submitted"],
      ["same", "submitted"],
      ["even", "no_profit"],
      ["no cycle", "not_a_cycle"],
      ["unknown", "unknown_pool"],
    ]);
  });

  test("what pays less than its gas is answered with its figures", () => {
    const gates = { ...OPTIONS.gates, gas: { ...OPTIONS.gates.gas, perTransaction: 10n ** 15n } };
    const engine = start({ gates });
    engine.step(ringPays(3));
    const decisions = engine.step(hint("ask", route("q")));
    expect(hintsOf(decisions)).toMatchObject([{ state: "scanned", code: "gas_over_profit", base: WPOL }]);
    expect(hintsOf(decisions)[0]?.net).toBeLessThan(0n);
    expect(submitsOf(decisions)).toEqual([]);
  });

  test("what the search would not list is answered, and not written down", () => {
    const engine = start({ search: { ...OPTIONS.search, minProfit: 10n ** 30n } });
    engine.step(ringPays(3));
    const decisions = engine.step(hint("ask", route("q")));
    expect(judgedOf(decisions).map(({ code }) => code)).toEqual(["submitted"]);
    const poor = start({ search: { ...OPTIONS.search, minProfit: 10n ** 30n }, submits: false });
    poor.step(ringPays(3));
    expect(judgedOf(poor.step(hint("ask", route("q"))))).toEqual([]);
  });

  test("before the first block, and while blocks are missing, nothing is priced", () => {
    const engine = start();
    engine.step(ringPays(3));
    engine.step({ type: "gap", time: 0, reason: "test" });
    expect(hintsOf(engine.step(hint("ask", route("q"))))).toMatchObject([{ code: "no_state" }]);
  });

  test("in observe nothing is sent", () => {
    const engine = start({ submits: false });
    engine.step(ringPays(3));
    const decisions = engine.step(hint("ask", route("q")));
    expect(hintsOf(decisions)).toMatchObject([{ state: "profitable", code: "observe" }]);
    expect(submitsOf(decisions)).toEqual([]);
  });

  test("when time is over a route that was not priced says so", () => {
    const engine = start();
    engine.step(ringPays(3));
    const answers = hintsOf(engine.step(hint("ask", route("q")), () => true));
    expect(answers.map(({ code }) => code)).toEqual(["expired"]);
  });
});

describe("behind a pending swap", () => {
  /** A ring of four that a swap through `HERE` opens, for a search that looks for two hops. */
  const [near, middle, far] = [address(0xd1), address(0xd2), address(0xd3)];
  const pools = [HERE, v2Pool(51, USDC, near), v2Pool(52, near, middle), v2Pool(53, middle, WPOL)];
  const ring = [0, 3, 2, 1].flatMap((i) => {
    const pool = pools[i];
    return pool === undefined ? [] : [{ pool: pool.address, zeroForOne: false }];
  });
  const loaded = (share = 0) => {
    const engine = createEngine({
      ...BACKRUN,
      search: { ...BACKRUN.search, maxHops: 2 },
      hintControlShareFloat: share,
    });
    const others = [v2Pool(61, USDC, far), v2Pool(62, USDC, far)];
    engine.step(
      synced(
        header(1),
        [...pools, ...others].map((pool) => ({ pool, state: EVEN })),
      ),
    );
    engine.step(committed(header(2), []));
    const back = others.map(({ address: pool }, i) => ({ pool, zeroForOne: i === 0 }));
    engine.step(hint("keep", route("here", { hops: ring }), route("elsewhere", { hops: back })));
    engine.step(committed(header(3), []));
    return engine;
  };

  test("hinted cycles through the pools that it moves are priced on what it leaves", () => {
    const engine = loaded();
    const transaction = sale(20_000n);
    const decisions = engine.step(told(transaction));
    const [submit] = submitsOf(decisions);
    expect(submit).toMatchObject({ hintIds: ["here"], behind: [transaction] });
    expect(submit?.plan.opportunities[0]?.hops).toHaveLength(4);
    expect(hintsOf(decisions)).toMatchObject([{ id: "here", state: "profitable", code: "submitted" }]);
    // Nothing of it is remembered of the settled state.
    expect(engine.step(committed(header(4), [])).filter(({ type }) => type !== "hint_trial")).toEqual([]);
  });

  test("not while the head ignores hints", () => {
    expect(loaded(1).step(told(sale(20_000n)))).toEqual([]);
  });
});

test("after a block is undone, what stood open through its pools is in no plan", () => {
  const engine = createEngine(BACKRUN);
  const others = [v2Pool(61, USDC, address(0xd3)), v2Pool(62, USDC, address(0xd3))];
  engine.step(
    synced(
      header(1),
      [HERE, THERE, ...others].map((pool) => ({ pool, state: EVEN })),
    ),
  );
  engine.step(committed(header(2), []));
  expect(submitsOf(engine.step(moves(header(3), { [address(61)]: 5n })))).toHaveLength(1);
  engine.step({ type: "reverted", time: 0, block: header(3) });
  const [submit] = submitsOf(engine.step(told(sale(20_000n))));
  expect(submit?.plan.opportunities.map(({ hops }) => hops.length)).toEqual([2]);
});
