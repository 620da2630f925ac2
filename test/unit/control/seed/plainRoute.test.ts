import { array, assert, constantFrom, object, oneof, property, record } from "fast-check";
import { expect, test } from "vitest";
import { isPlainRoute, routeByPlaces } from "../../../../src/control/seed/plainRoute.ts";
import { seedRouteSchema } from "../../../../src/control/protocol.ts";

const ROUTE = {
  token_in: "WPOL",
  token_out: "WPOL",
  amount: "1.5",
  path: ["WPOL", "USDC", "WPOL"],
  dexes: ["quickswap_v2", "sushiswap_v2"],
};

const near = constantFrom(1, 32, 33, 42, 43, 80, 81).map((length) => "x".repeat(length));
const odd = oneof(constantFrom("", 1.5, Infinity, null, undefined, "x\0"), object());
const one = oneof({ weight: 9, arbitrary: near }, { weight: 1, arbitrary: odd });
const few = array(constantFrom("x", "x".repeat(32), "x".repeat(42)), { minLength: 1, maxLength: 8 });
const short = array(constantFrom("x", "x".repeat(32)), { maxLength: 8 });
const list = oneof(few, short, array(one, { maxLength: 3 }), odd);
const changes = record(
  { token_in: one, token_out: one, amount: one, path: list, dexes: list, more: odd },
  { requiredKeys: [] },
);

test("a route as the seed has it needs no schema, whatever stands beside it", () => {
  expect(isPlainRoute(ROUTE)).toBe(true);
  expect(isPlainRoute({ ...ROUTE, score: 0.9 })).toBe(true);
  expect(isPlainRoute({ ...ROUTE, amount: 1.5 })).toBe(false);
});

test("what it takes, the schema takes as it stands", () => {
  const agrees = property(changes, (changed) => {
    const item = { ...ROUTE, ...changed };
    expect(isPlainRoute(item) ? seedRouteSchema.safeParse(item).data : item).toEqual(item);
  });
  expect(() => assert(agrees, { numRuns: 3000 })).not.toThrow();
});

test("a route by places is the route that the names spell, and nothing else is one", () => {
  const names = ["WPOL", "USDC", "quickswap_v2"];
  expect(routeByPlaces([[0, 1, 0], [2]], names)).toEqual({
    path: ["WPOL", "USDC", "WPOL"],
    dexes: ["quickswap_v2"],
  });
  const wrong = [
    [[0, 1, 3], [2]],
    [[0, 1, -1], [2]],
    [[0, 0.5], [2]],
    [["0", 1], [2]],
    [["length", 1], [2]],
    [[0], [2]],
    [[0, 1], []],
    [[0, 1, 0, 1, 0, 1, 0, 1], [2]],
    [
      [0, 1],
      [2, 2, 2, 2, 2, 2, 2],
    ],
    [[0, 1]],
    [[0, 1], [2], []],
    [null, [2]],
    {},
    "x",
  ];
  for (const item of wrong) expect(routeByPlaces(item, names)).toBeNull();
});
