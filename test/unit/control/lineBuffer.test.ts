import { array, assert, constantFrom, integer, property, string } from "fast-check";
import { expect, test } from "vitest";
import { createLineBuffer, type LineBuffer } from "../../../src/control/lineBuffer.ts";

function* linesOf(buffer: LineBuffer): Generator<string> {
  for (;;) {
    const line = buffer.next();
    if (line === null) return;
    yield line === "too_long" ? line : line.toString();
    if (line === "too_long") return;
  }
}

test("however the bytes are cut, the lines are the same", () => {
  assert(
    property(
      array(string({ maxLength: 30, unit: constantFrom("a", "é", "{", " ") }), { maxLength: 20 }),
      array(integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 50 }),
      constantFrom("\n", "\r\n"),
      (texts, sizes, end) => {
        const bytes = Buffer.from(texts.map((text) => text + end).join(""));
        const buffer = createLineBuffer(1000);
        const found: string[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          buffer.push(bytes.subarray(at, at + size));
          at += size;
          found.push(...linesOf(buffer));
        }
        expect(found).toEqual(texts);
      },
    ),
  );
});

test("what comes while lines wait is kept in order", () => {
  const buffer = createLineBuffer(10);
  buffer.push(Buffer.from("a\nb\nc"));
  expect(buffer.next()?.toString()).toBe("a");
  buffer.push(Buffer.from("d\ne"));
  expect([...linesOf(buffer)]).toEqual(["b", "cd"]);
});

test("a line has its most bytes and no more, complete or not", () => {
  for (const tail of ["\n", ""]) {
    const fits = createLineBuffer(10);
    fits.push(Buffer.from("x".repeat(10) + tail));
    expect(fits.next()?.toString() ?? null).toBe(tail === "" ? null : "x".repeat(10));
    const over = createLineBuffer(10);
    over.push(Buffer.from("x".repeat(6)));
    expect(over.next()).toBe(null);
    over.push(Buffer.from("x".repeat(5) + tail));
    expect(over.next()).toBe("too_long");
  }
});
