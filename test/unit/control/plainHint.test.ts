import { array, assert, constant, constantFrom, object, oneof, property, tuple } from "fast-check";
import { expect, test } from "vitest";
import { plainHint } from "../../../src/control/plainHint.ts";
import { hintSchema } from "../../../src/control/protocol.ts";

const HINT = {
  id: "h1",
  path: ["WPOL", "USDC", "WPOL"],
  dexes: ["quickswap_v2", "sushiswap_v2"],
  score: 0.9,
  ttl_ms: 4000,
  budget: 0.5,
};

const near = constantFrom(1, 32, 33, 42, 43, 64, 65).map((length) => "x".repeat(length));
const odd = oneof(
  constantFrom("", 0, 1, 1.5, -0.1, 99, 100, 60_001, NaN, null, undefined, "toString"),
  object(),
);
const texts = array(oneof({ weight: 9, arbitrary: near }, { weight: 1, arbitrary: odd }), { maxLength: 8 });
const short = array(constantFrom("x", "x".repeat(32)), { maxLength: 8 });
const list = oneof(short, texts, odd);
const number = oneof(constantFrom(0, 0.5, 1, 100, 60_000), odd);
const values = {
  id: oneof(near, odd),
  path: list,
  dexes: list,
  score: number,
  ttl_ms: number,
  budget: number,
};
const change = oneof(
  ...Object.entries({ ...values, pools: list, more: odd }).map(([name, value]) =>
    tuple(constant(name), value),
  ),
);
const changes = array(change, { maxLength: 2 });
const fewer = array(constantFrom("id", "path", "dexes", "score", "ttl_ms", "budget"), { maxLength: 3 });

test("a hint with a name and a path needs no schema", () => {
  expect(plainHint(HINT)).toEqual(HINT);
  const { id, path } = HINT;
  expect(plainHint({ id, path })).toMatchObject({ score: 0.5, ttl_ms: 5000, budget: 1 });
  expect(plainHint({ ...HINT, gas: 1 })).toBeNull();
  expect(plainHint({ ...HINT, id: "constructor" })).toBeNull();
  expect(plainHint(JSON.parse('{"id":"a","path":["x","y"],"__proto__":1}'))).toBeNull();
});

test("what it takes, the schema takes as well, and gives the same", () => {
  let taken = 0;
  const agrees = property(changes, fewer, (changed, without) => {
    const item: Record<string, unknown> = { ...HINT, ...Object.fromEntries(changed) };
    for (const name of without) delete item[name];
    const plain = plainHint(item);
    if (plain === null) return;
    taken++;
    expect({ dexes: [], ...hintSchema.parse(item) }).toEqual(plain);
  });
  assert(agrees, { numRuns: 5000 });
  expect(taken).toBeGreaterThan(300);
});
