import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createBooks } from "../../../src/app/books.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("what is left for later is written in order, soon, or before whatever is written now", () => {
  const books = createBooks();
  const written: string[] = [];
  const write = (name: string) => () => void written.push(name);
  books.keep(write("a"), "later");
  books.keep(write("b"), "later");
  expect(written).toEqual([]);
  vi.runAllTimers();
  expect(written).toEqual(["a", "b"]);
  books.keep(write("c"), "later");
  books.keep(write("d"), "now");
  expect(written).toEqual(["a", "b", "c", "d"]);
  books.keep(write("e"), "later");
  books.settle();
  vi.runAllTimers();
  expect(written).toEqual(["a", "b", "c", "d", "e"]);
});

test("a write that was due before and failed ends the next step", () => {
  const books = createBooks();
  books.keep(() => {
    throw new Error("disk");
  }, "later");
  vi.runAllTimers();
  expect(() => books.settle()).toThrow("disk");
  expect(() => books.keep(() => undefined, "now")).toThrow("disk");
});
