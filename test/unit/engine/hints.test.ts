import { describe, expect, test } from "vitest";
import { amountOut, swap } from "../../../src/amm/swap.ts";
import { createOverlay } from "../../../src/market/overlay.ts";
import { judgedOf, submitsOf } from "../../support/backrunStage.ts";
import {
  CHEAP,
  DEAR,
  EVEN,
  RING,
  hint,
  hintsOf,
  hopsOf,
  moves,
  quiet,
  ringPays,
  route,
  start,
  trialsOf,
  unhint,
} from "../../support/hintStage.ts";
import { USDC, UNIT, WPOL, address, committed, header, synced, v2Pool } from "../../support/marketFixture.ts";

describe("kept hints", () => {
  test("a cycle of six hops that starts outside the bases is found through a hint only", () => {
    const [bare, hinted] = [start(), start()];
    expect(hinted.step(hint("keep", route("h1")))).toEqual([]);
    expect(bare.step(ringPays(3))).toEqual([]);
    const decisions = hinted.step(ringPays(3));
    const [submit] = submitsOf(decisions);
    const [opportunity] = submit?.plan.opportunities ?? [];
    expect(opportunity?.cycle.base).toBe(WPOL);
    expect(submit?.hintIds).toEqual(["h1"]);
    expect(judgedOf(decisions)).toMatchObject([{ code: "submitted", hintIds: ["h1"] }]);
    const overlay = createOverlay(hinted.market);
    let amount = opportunity?.amountIn ?? 0n;
    for (const { pool, zeroForOne } of opportunity?.hops ?? []) {
      const state = overlay.stateOf(pool);
      const result = state && swap(state, { zeroForOne, amountIn: amount });
      if (!result?.ok) throw new Error("refused");
      amount = result.swap.amountOut;
    }
    expect(opportunity?.hops).toHaveLength(6);
    expect(amount - (opportunity?.amountIn ?? 0n)).toBe(opportunity?.profit);
    expect(hintsOf(decisions)).toMatchObject([
      { id: "h1", source: "brain", use: "keep", state: "profitable", code: "submitted", net: submit?.net },
    ]);
    expect(hintsOf(decisions)[0]?.opportunityId).toBe(submit?.opportunityIds[0]);
  });

  test("it is priced until it is taken back, and a second one of its name replaces it", () => {
    const engine = start();
    engine.step(hint("keep", route("h1")));
    engine.step(
      hint(
        "keep",
        route("h1", { hops: hopsOf([CHEAP, DEAR]).map((hop, i) => ({ ...hop, zeroForOne: i === 0 })) }),
      ),
    );
    expect(engine.status.hints).toBe(1);
    expect(submitsOf(engine.step(ringPays(3)))).toEqual([]);
    engine.step(hint("keep", route("h2")));
    expect(submitsOf(engine.step(quiet(4)))).toHaveLength(1);
    engine.step(unhint("h2", "never"));
    expect(submitsOf(engine.step(ringPays(5, 7n)))).toEqual([]);
    expect(engine.status.hints).toBe(1);
  });

  test("an outcome is told when it changes, and with every plan, but not with every block", () => {
    const engine = start();
    engine.step(hint("keep", route("h1")));
    const told = [quiet(3), quiet(4), ringPays(5), quiet(6), ringPays(7, 0n), quiet(8)].map((event) =>
      hintsOf(engine.step(event)).map(({ code }) => code),
    );
    expect(told).toEqual([["no_profit"], [], ["submitted"], ["submitted"], ["no_profit"], []]);
  });

  test("a second hint for a cycle that stands already is told what became of it", () => {
    const engine = start();
    engine.step(hint("keep", route("h1")));
    engine.step(ringPays(3));
    const turned = [...hopsOf(RING).slice(2), ...hopsOf(RING).slice(0, 2)];
    engine.step(hint("keep", route("h2", { hops: turned, source: "other" })));
    const told = hintsOf(engine.step(quiet(4)));
    expect(told.map(({ id, source, code }) => [id, source, code])).toContainEqual([
      "h2",
      "other",
      "submitted",
    ]);
  });

  test("what the search finds too is one opportunity, and bears the hint's name", () => {
    const engine = start();
    const back = hopsOf([DEAR, CHEAP]).map((hop, i) => ({ ...hop, zeroForOne: i === 0 }));
    engine.step(hint("keep", route("h1", { hops: back, budgetFloat: 0 })));
    const decisions = engine.step(moves(header(3), { [DEAR.address]: 4n }));
    expect(judgedOf(decisions)).toMatchObject([{ code: "submitted", hintIds: ["h1"] }]);
    // A hint without budget does not stand in the way of what is found without it.
    expect(submitsOf(decisions)).toHaveLength(1);
  });

  test("pools in doubt, and pools without a price", () => {
    const engine = start();
    engine.step(hint("keep", route("h1")));
    const block = header(3);
    const tainted = engine.step(committed(block, ringPays(3).logs, { tainted: [address(5)] }));
    expect(submitsOf(tainted)).toEqual([]);
    expect(hintsOf(tainted).map(({ code }) => code)).toEqual(["tainted"]);
    // Read anew, it is believed again.
    engine.step({ type: "repaired", time: 0, block, pools: [{ address: address(5), state: EVEN }] });
    expect(submitsOf(engine.step(quiet(4)))).toHaveLength(1);

    const empty = v2Pool(99, address(0xa5), WPOL);
    const pools = [...RING, CHEAP, DEAR].map((pool) => ({ pool, state: EVEN }));
    engine.step(synced(header(5), [...pools, { pool: empty, state: null }]));
    engine.step(hint("keep", route("h2", { hops: hopsOf([...RING.slice(0, 5), empty]) })));
    expect(hintsOf(engine.step(quiet(6))).map(({ id, code }) => [id, code])).toContainEqual([
      "h2",
      "no_state",
    ]);
  });

  test.each([
    ["unknown_pool", route("h1", { hops: hopsOf([...RING.slice(0, 5), v2Pool(99, address(0xa5), WPOL)]) })],
    ["not_a_cycle", route("h1", { hops: hopsOf(RING.slice(0, 5)) })],
    ["not_a_cycle", route("h1", { hops: hopsOf(RING).map((hop) => ({ ...hop, zeroForOne: false })) })],
    ["not_a_cycle", route("h1", { hops: [] })],
    ["not_a_cycle", route("h1", { hops: hopsOf([...RING, ...RING]) })],
    [
      "not_a_cycle",
      route("h1", { hops: hopsOf([CHEAP, CHEAP]).map((hop, i) => ({ ...hop, zeroForOne: i === 0 })) }),
    ],
  ])("a bad route is told at once: %s", (code, bad) => {
    for (const use of ["keep", "ask"] as const) {
      const engine = start();
      const decisions = engine.step(hint(use, bad));
      expect(decisions).toMatchObject([{ type: "hint", id: "h1", state: "scanned", code, net: null }]);
      expect(engine.step(ringPays(3)).filter(({ type }) => type !== "hint_trial")).toEqual([]);
    }
  });

  test("a hint waits for its pool: once that is loaded it is priced", () => {
    const extra = v2Pool(99, address(0xa5), WPOL);
    const engine = start();
    engine.step(hint("keep", route("h1", { hops: hopsOf([...RING.slice(0, 5), extra]) })));
    engine.step(
      synced(
        header(3),
        [...RING, CHEAP, DEAR, extra].map((pool) => ({ pool, state: EVEN })),
      ),
    );
    const [submit] = submitsOf(engine.step(ringPays(4)));
    expect(submit?.plan.opportunities[0]?.hops.at(-1)?.pool).toBe(extra.address);
  });

  test("no price in native: not sent, and told so", () => {
    // Three tokens that no base touches.
    const [a, b, c] = [address(0xb1), address(0xb2), address(0xb3)];
    const far = [v2Pool(21, a, b), v2Pool(22, b, c), v2Pool(23, c, a)];
    const engine = start({}, far);
    engine.step(hint("keep", route("h1", { hops: hopsOf(far) })));
    const decisions = engine.step(moves(header(3), { [address(21)]: 5n }));
    expect(hintsOf(decisions)).toMatchObject([{ id: "h1", state: "scanned", code: "no_native_price" }]);
    const asked = engine.step(hint("ask", route("q", { hops: hopsOf(far) })));
    const [answer] = hintsOf(asked);
    expect(answer).toMatchObject({ code: "no_native_price", net: null, base: a });
    expect(answer?.profit).toBeGreaterThan(0n);
    expect([...submitsOf(decisions), ...submitsOf(asked)]).toEqual([]);
  });

  test("what is earned in a token of no base is worth what the deepest pool to one gives", () => {
    const [a, b, c] = [address(0xb1), address(0xb2), address(0xb3)];
    const far = [v2Pool(21, a, b), v2Pool(22, b, c), v2Pool(23, c, a), v2Pool(24, a, WPOL)];
    const engine = start({}, far);
    engine.step(hint("keep", route("h1", { hops: hopsOf(far.slice(0, 3)) })));
    const decisions = engine.step(moves(header(3), { [address(21)]: 5n }));
    const [submit] = submitsOf(decisions);
    const [judged] = judgedOf(decisions);
    expect(submit?.plan.opportunities[0]?.cycle.base).toBe(a);
    const profit = judged?.opportunity.profit ?? 0n;
    expect(judged?.numbers.profitNative).toBe(amountOut(EVEN, true, profit));
  });

  test("at most 10,000 are kept: the oldest is let go", () => {
    const engine = start();
    for (let i = 0; i <= 10_000; i++) engine.step(hint("keep", route(`h${i}`)));
    expect(engine.status.hints).toBe(10_000);
    const decisions = engine.step(ringPays(3));
    expect(submitsOf(decisions)[0]?.hintIds?.[0]).toBe("h1");
    // Nor does one cycle with many names flood the ledger.
    expect(decisions.length).toBeLessThan(100);
  });

  test("a hinted cycle that nobody takes for some blocks is not real", () => {
    const engine = start({ standingBlocks: 2 });
    engine.step(hint("keep", route("h1")));
    engine.step(ringPays(3));
    const codes = [4, 5, 6].flatMap((number) => hintsOf(engine.step(quiet(number))).map(({ code }) => code));
    expect(codes).toEqual(["submitted", "quarantined"]);
  });
});

const roundOf = (first: number, second: number) =>
  [first, second].map((n, i) => ({ pool: address(n), zeroForOne: i === 0 }));

describe("budget", () => {
  /** Two rings of two pools that no search of three hops from USDC finds, and the search's own cycle. */
  const token = address(0xc1);
  const other = address(0xc2);
  const twins = [
    v2Pool(31, WPOL, token),
    v2Pool(32, WPOL, token),
    v2Pool(33, WPOL, other),
    v2Pool(34, WPOL, other),
  ];
  const plan = (budgetFloat: number) => {
    const engine = start({ maxCyclesPerPlan: 4 }, twins);
    engine.step(
      hint(
        "keep",
        route("a", { hops: roundOf(31, 32), budgetFloat }),
        route("b", { hops: roundOf(33, 34), budgetFloat }),
      ),
    );
    const decisions = engine.step(
      moves(header(3), { [address(31)]: 5n, [address(33)]: 4n, [DEAR.address]: 3n }),
    );
    const [submit] = submitsOf(decisions);
    return {
      bases: submit?.plan.opportunities.map(({ cycle }) => cycle.base),
      ids: submit?.hintIds,
      decisions,
    };
  };

  test.each([
    [1, [WPOL, WPOL, USDC], ["a", "b"]],
    [0.5, [WPOL, WPOL, USDC], ["a", "b"]],
    [0.25, [WPOL, USDC], ["a"]],
    [0, [USDC], undefined],
  ])("a share of %d of four places", (budgetFloat, bases, ids) => {
    expect(plan(budgetFloat)).toMatchObject({ bases, ids });
  });

  test("what has no place is told so", () => {
    const told = hintsOf(plan(0.25).decisions).map(({ id, code }) => [id, code]);
    expect(told).toEqual(
      expect.arrayContaining([
        ["a", "submitted"],
        ["b", "plan_full"],
      ]),
    );
  });
});

const trialsAt = (share: number) => {
  const engine = start({ hintControlShareFloat: share });
  engine.step(hint("keep", route("h1")));
  return trialsOf([...engine.step(ringPays(3)), ...engine.step(ringPays(4, 7n))]);
};

describe("blocks that ignore hints", () => {
  test("chosen by the block's hash alone, and told with what the plan was worth", () => {
    expect(trialsAt(0).map(({ used, hints }) => [used, hints])).toEqual([
      [true, 1],
      [true, 1],
    ]);
    expect(trialsAt(1).map(({ used, net }) => [used, net])).toEqual([
      [false, 0n],
      [false, 0n],
    ]);
    expect(trialsAt(0)[0]?.net).toBeGreaterThan(UNIT);
  });

  test("about the share that was asked for", () => {
    const engine = start({ hintControlShareFloat: 0.3 });
    engine.step(hint("keep", route("h1")));
    let ignored = 0;
    let parent = header(2).hash;
    for (let number = 3; number < 403; number++) {
      const hash = `0x${(Math.imul(number, 0x9e3779b1) >>> 0).toString(16).padStart(64, "0")}` as const;
      const [trial] = trialsOf(engine.step(committed({ ...header(number), hash, parentHash: parent }, [])));
      if (trial?.used === false) ignored++;
      parent = hash;
    }
    expect(ignored / 400).toBeGreaterThan(0.2);
    expect(ignored / 400).toBeLessThan(0.4);
  });

  test("no hint, no trial", () => {
    expect(trialsOf(start().step(ringPays(3)))).toEqual([]);
  });
});
