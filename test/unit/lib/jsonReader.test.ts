import { assert, constantFrom, integer, json, jsonValue, property, string, uniqueArray } from "fast-check";
import { describe, expect, test } from "vitest";
import { createJsonReader, type JsonValue, type Shape } from "../../../src/lib/jsonReader.ts";
import { JsonFault } from "../../../src/lib/jsonScanner.ts";

const FUZZ = { numRuns: 2000, seed: 0x5eed };
const SCALAR: Shape = { kind: "scalar", room: 1 << 20 };
const ignoreFault = (): void => undefined;

/** A shape that keeps all of a value. */
const shapeOf = (value: unknown): Shape => {
  if (value === null || typeof value !== "object") return SCALAR;
  if (Array.isArray(value)) {
    const [first] = value;
    return { kind: "list", of: value.length === 0 ? SCALAR : shapeOf(first) };
  }
  return {
    kind: "object",
    fields: new Map(Object.entries(value).map(([key, item]) => [key, shapeOf(item)])),
  };
};

/** The reader's value as JSON.parse would give it. */
const plain = (value: JsonValue): unknown => {
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  if (Array.isArray(value)) return value.map(plain);
  return "number" in value ? Number(value.number) : value;
};

const read = (bytes: Buffer, shape: Shape, piece = bytes.length + 1): JsonValue => {
  const reader = createJsonReader(shape);
  for (let at = 0; at < bytes.length; at += piece) reader.write(bytes.subarray(at, at + piece));
  return reader.end();
};

/** Whether the text is JSON, whatever stands in it. */
const accepts = (text: string): boolean => {
  const reader = createJsonReader(SCALAR, ignoreFault);
  try {
    reader.write(Buffer.from(text));
    reader.end();
    return true;
  } catch (error) {
    if (error instanceof JsonFault) return false;
    throw error;
  }
};

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const faultOf = (text: string, shape: Shape): { path: string; message: string } => {
  try {
    read(Buffer.from(text), shape);
  } catch (error) {
    if (error instanceof JsonFault) return { path: error.path, message: error.message };
    throw error;
  }
  throw new Error("the reader found no fault");
};

describe("against JSON.parse", () => {
  test("every object of scalars comes out alike, in pieces of any size", () => {
    const name = string().filter((text) => text !== "__proto__");
    const objects = uniqueArray(name, { maxLength: 5 }).chain((names) =>
      json({ maxDepth: 0 }).map((text) => Object.fromEntries(names.map((key) => [key, JSON.parse(text)]))),
    );
    assert(
      property(objects, integer({ min: 1, max: 9 }), (value, piece) => {
        const text = JSON.stringify(value);
        expect(plain(read(Buffer.from(text), shapeOf(value), piece))).toEqual(JSON.parse(text));
      }),
      FUZZ,
    );
  });

  test("numbers and texts come out alike", () => {
    assert(
      property(jsonValue({ maxDepth: 0 }), integer({ min: 1, max: 5 }), (value, piece) => {
        const text = JSON.stringify(value);
        expect(plain(read(Buffer.from(text), SCALAR, piece))).toEqual(JSON.parse(text));
      }),
      FUZZ,
    );
  });

  test("any JSON is accepted", () => {
    assert(
      property(json(), (text) => {
        expect(accepts(text)).toBe(true);
      }),
      FUZZ,
    );
  });

  test("a mutated text is refused exactly when JSON.parse refuses it", () => {
    const mutation = constantFrom(
      "",
      '"',
      "\\",
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      "1",
      "-",
      ".",
      "e",
      "u",
      "\n",
      "\u0001",
      "é",
      "0",
    );
    assert(
      property(
        json({ maxDepth: 3 }),
        integer({ min: 0, max: 200 }),
        integer({ min: 0, max: 2 }),
        mutation,
        (text, where, cut, put) => {
          const at = where % (text.length + 1);
          const mutated = text.slice(0, at) + put + text.slice(at + cut);
          // A half of a pair of surrogates cannot be written as UTF-8: what the reader sees is another text.
          const seen = Buffer.from(mutated).toString();
          expect({ seen, accepted: accepts(seen) }).toEqual({ seen, accepted: parses(seen) });
        },
      ),
      { ...FUZZ, numRuns: 10_000 },
    );
  });
});

describe("what it refuses", () => {
  const document: Shape = {
    kind: "object",
    fields: new Map<string, Shape>([
      ["a", { kind: "scalar", room: 8 }],
      ["list", { kind: "list", of: { kind: "object", fields: new Map([["b", SCALAR]]) }, most: 2 }],
    ]),
  };

  test.each([
    ["a text that is too long", '{"a":"123456789"}', "a", /longer than 8/],
    ["a number that is too long", '{"a":123456789}', "a", /longer than 8/],
    ["a list where a scalar should be", '{"a":[1]}', "a", /expected a plain value, found a list/],
    ["an object where a list should be", '{"list":{}}', "list", /expected a list, found an object/],
    ["a scalar in a list of objects", '{"list":[{},7]}', "list[1]", /expected an object, found a number/],
    ["too many items", '{"list":[{},{},{}]}', "list[2]", /more than 2/],
    ["a name that stands twice", '{"a":1,"a":2}', "a", /twice/],
    ["a list as document", "[]", "", /expected an object, found a list/],
    ["a list cut off", '{"list":[{"b":1},{"b"', "list[1].b", /cut off/],
    ["nothing", " \n ", "", /empty/],
    ["another document behind", "{} {}", "", /nothing more should stand at line 1, column 4/],
    [
      "a wrong byte on line 3",
      '{\n "a": 1,\n "x": $}',
      "x",
      /"\$" where a value should stand at line 3, column 7/,
    ],
    ["a word", '{"list":[garbage]}', "list[0]", /"garbage"/],
    ["a wrong closing bracket", '{"list":[}', "list[0]", /"}"/],
    ["a broken escape in what is ignored", '{"x":"\\q"}', "x", /backslash/],
    ["a control character", '{"x":"\u0001"}', "x", /0x01/],
    ["nesting without end", `{"x":${"[".repeat(100)}`, "x", /deeper than 64/],
    ["a number of 5,000 digits", `{"x":${"9".repeat(5000)}}`, "x", /1024/],
  ])("%s", (_name, text, path, message) => {
    const fault = faultOf(text, document);
    expect(fault.path).toBe(path);
    expect(fault.message).toMatch(message);
  });

  test("text that is not UTF-8", () => {
    expect(() => read(Buffer.from([0x22, 0xff, 0x22]), SCALAR)).toThrow(/not UTF-8/);
  });

  test("half a byte order mark", () => {
    expect(() => read(Buffer.from([0xef, 0xbb, 0x31]), SCALAR)).toThrow(JsonFault);
  });
});

describe("what it takes", () => {
  test("a byte order mark, in pieces", () => {
    expect(read(Buffer.from("\ufeff true"), SCALAR, 1)).toBe(true);
  });

  test("numbers with every digit", () => {
    expect(read(Buffer.from("123456789012345678901234567890.50"), SCALAR)).toEqual({
      number: "123456789012345678901234567890.50",
    });
  });

  test("lone surrogates as escapes, names like __proto__", () => {
    const shape: Shape = { kind: "object", fields: new Map([["__proto__", SCALAR]]) };
    const value = read(Buffer.from('{"__proto__":"\\ud800","constructor":{"a":[1]}}'), shape);
    expect(value).toEqual(new Map([["__proto__", "\ud800"]]));
    expect(Object.hasOwn(Object.prototype, "a")).toBe(false);
  });

  test("after a fault, the rest, when the caller wants it", () => {
    const faults: string[] = [];
    const fields = new Map<string, Shape>([
      ["a", { kind: "scalar", room: 3 }],
      ["b", { kind: "list", of: SCALAR }],
      ["id", SCALAR],
    ]);
    const reader = createJsonReader({ kind: "object", fields }, ({ path }) => faults.push(path));
    reader.write(Buffer.from('{"a":"12345","b":{"c":[1,{}]},"id":"x"}'));
    const value = reader.end();
    expect(value instanceof Map && value.get("id")).toBe("x");
    expect(faults).toEqual(["a", "b"]);
  });

  test("values are handed over one by one, with their path", () => {
    const taken: [unknown, string][] = [];
    const shape: Shape = {
      kind: "list",
      of: { kind: "scalar", room: 9, take: (value, where) => taken.push([value, where()]) },
    };
    expect(read(Buffer.from('["a",true]'), shape)).toEqual([]);
    expect(taken).toEqual([
      ["a", "[0]"],
      [true, "[1]"],
    ]);
  });
});
