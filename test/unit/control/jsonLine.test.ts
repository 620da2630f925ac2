import { assert, jsonValue, property } from "fast-check";
import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { LineFault, parseJsonLine } from "../../../src/control/jsonLine.ts";

const parse = (text: string): unknown => parseJsonLine(Buffer.from(text));

const faultOf = (line: Buffer | string): string => {
  try {
    parseJsonLine(Buffer.from(line));
  } catch (error) {
    if (error instanceof LineFault)
      return error.path === "" ? error.message : `${error.path}: ${error.message}`;
    throw error;
  }
  return "taken";
};

const INHERITED = new Set(Object.getOwnPropertyNames(Object.prototype));

const names = (value: unknown): string[] =>
  typeof value === "object" && value !== null
    ? [...(Array.isArray(value) ? [] : Object.keys(value)), ...Object.values(value).flatMap(names)]
    : [];

const isEqual = (one: unknown, other: unknown): boolean =>
  isDeepStrictEqual(one, JSON.parse(JSON.stringify(other)));

test("what is taken is what JSON.parse makes of it", () => {
  assert(
    property(jsonValue({ maxDepth: 5 }), (value) => {
      const text = JSON.stringify(value);
      // Names that every object inherits are drawn as well; what our rules refuse has a test of its own.
      const strange =
        names(value).some((name) => INHERITED.has(name)) || /\\u0000|\\ud[89a-f]|-0\b/i.test(text);
      expect(strange || isEqual(parse(text), value)).toBe(true);
    }),
  );
  const request = {
    jsonrpc: "2.0",
    id: 7,
    method: "a:b",
    params: { hints: [{ path: ["{", '"', "\\", "é", "😀"] }] },
  };
  expect(parse(` ${JSON.stringify(request)} `)).toEqual(request);
});

test("number bombs are refused before they cost anything", () => {
  expect(parse(`[${"9".repeat(78)}]`)).toEqual([1e78]);
  for (const digits of [79, 1000, 60_000]) {
    const line = Buffer.from(`{"id":${"9".repeat(digits)}}`);
    let ms = Number.POSITIVE_INFINITY;
    // The quickest of several: what else the machine does is not the parser's.
    for (let attempt = 0; attempt < 20 && ms >= 20; attempt++) {
      const started = performance.now();
      expect(faultOf(line)).toBe("a number of more than 78 digits");
      ms = performance.now() - started;
    }
    expect(ms).toBeLessThan(20);
  }
  expect(faultOf(`[0.${"1".repeat(78)}]`)).toBe("a number of more than 78 digits");
  expect(faultOf('{"a":{"b":[1,1e999]}}')).toBe("a.b[1]: a number beyond what a double holds");
  for (const zero of ["-0", "-0.0", "-0e7", "-1e-999"])
    expect(faultOf(`{"a":${zero}}`)).toBe("a: a negative zero");
  for (const other of ["0x10", "٣", "1_000", "01", "+1", ".5", "NaN", "Infinity"])
    expect(faultOf(`{"a":${other}}`)).toBe("not valid JSON");
});

const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

test("nesting is taken to sixteen levels", () => {
  expect(faultOf(nested(16))).toBe("taken");
  expect(faultOf(nested(17))).toBe("nested deeper than 16 levels");
  expect(faultOf("[".repeat(60_000))).toBe("nested deeper than 16 levels");
  expect(faultOf('{"a":'.repeat(60_000))).toBe("nested deeper than 16 levels");
  expect(faultOf(`["${"[".repeat(100)}"]`)).toBe("taken");
});

test("a name twice in one object is refused, in two objects not", () => {
  expect(faultOf('{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}')).toBe("taken");
  for (const line of ['{"a":1,"a":1}', '{"x":[{"a":1,"b":2,"a":3}]}', '{"a":1,"\\u0061":2}'])
    expect(faultOf(line)).toBe("a name stands twice in one object");
  expect(faultOf('{"a:b":":"}')).toBe("taken");
});

test("text that is none: half pairs, NUL, byte order mark, bytes that are not UTF-8", () => {
  expect(parse('["\\ud83d\\ude00"]')).toEqual(["😀"]);
  expect(faultOf('{"id":["\\ud83d"]}')).toBe("id[0]: a text with half of a surrogate pair");
  expect(faultOf('["\\ude00\\ud83d"]')).toBe("[0]: a text with half of a surrogate pair");
  expect(faultOf('{"a":"x\\u0000"}')).toBe("a: a text with NUL");
  expect(faultOf('{"a\\u0000":1}')).toContain("a text with NUL");
  expect(faultOf('{"a":"\0"}')).toBe("not valid JSON");
  expect(faultOf("\ufeff{}")).toBe("not valid JSON");
  expect(faultOf(Buffer.from([0x22, 0xed, 0xa0, 0xbd, 0x22]))).toContain("not UTF-8");
  expect(faultOf(Buffer.from([0x22, 0xff, 0x22]))).toContain("not UTF-8");
});

test("names that every object inherits are no names for fields, wherever they stand", () => {
  const before = Object.getOwnPropertyNames(Object.prototype);
  for (const name of before)
    for (const line of [`{"${name}":{"polluted":1}}`, `{"a":[{"${name}":1}]}`])
      expect(faultOf(line)).toContain(`${name}: not a name for a field`);
  expect(faultOf('{"\\u005f_proto__":{"polluted":1}}')).toContain("not a name for a field");
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  expect("polluted" in {}).toBe(false);
  expect(parse('["__proto__"]')).toEqual(["__proto__"]);
});
