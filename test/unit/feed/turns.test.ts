import { EventEmitter, once } from "node:events";
import { expect, test } from "vitest";
import { createTurns } from "../../../src/feed/turns.ts";

/** The clock stands still but for what `takes` says of each item. */
function tellAll(items: readonly string[], takes: (item: string) => number) {
  const said: string[] = [];
  const told = new EventEmitter();
  let now = 0;
  const turns = createTurns<string>(100, { monotonic: () => now }, (item) => {
    said.push(item);
    now += takes(item);
    // A plan: promises until it is signed and in the socket.
    if (takes(item) > 1) void after(30).then(() => said.push(`${item} has left`));
    if (item === items.at(-1)) told.emit("all");
  });
  const all = once(told, "all");
  for (const item of items) turns.push(item);
  return { all, said };
}

/** So many promises, one after the other. */
async function after(promises: number): Promise<void> {
  for (let i = 0; i < promises; i++) await Promise.resolve();
}

test("what an item sends leaves before the next one is told", async () => {
  const { all, said } = tellAll(["a", "plan", "b", "c"], (item) => (item === "plan" ? 2 : 0));
  await all;
  expect(said).toEqual(["a", "plan", "plan has left", "b", "c"]);
});

test("items that take little are told in one turn, in order", async () => {
  const items = Array.from({ length: 80 }, (_, i) => String(i));
  const { all, said } = tellAll(items, () => 0);
  let turns = 0;
  setImmediate(() => turns++);
  await all;
  expect(said).toEqual(items);
  expect(turns).toBeLessThanOrEqual(1);
});

test("a block is heard between two slices of a flood", async () => {
  const items = Array.from({ length: 50 }, (_, i) => String(i));
  const { all, said } = tellAll(items, () => 0.5);
  setImmediate(() => said.push("block"));
  await all;
  expect(said.indexOf("block")).toBeLessThanOrEqual(2);
});
