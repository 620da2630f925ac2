import { expect, test } from "vitest";
import { createTurns } from "../../../src/control/turns.ts";

const turn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

test("tasks share a slice of each turn, and come round in order", async () => {
  let now = 0;
  const turns = createTurns(1, { now: () => now, monotonic: () => now });
  const done: string[] = [];
  /** Works for so many steps of 0.6 ms. */
  const task = (name: string, steps: number) => (): void => {
    for (let left = steps; left > 0; left--) {
      done.push(name);
      now += 0.6;
      if (turns.over()) {
        if (left > 1) turns.enter(task(name, left - 1));
        return;
      }
    }
  };
  turns.enter(task("a", 5));
  turns.enter(task("b", 3));
  turns.enter(task("c", 1));
  expect(done.join("")).toBe("aa");
  await turn();
  expect(done.join("")).toBe("aaaa");
  await turn();
  expect(done.join("")).toBe("aaaabb");
  await turn();
  expect(done.join("")).toBe("aaaabbca");
  await turn();
  expect(done.join("")).toBe("aaaabbcab");
});

test("where nobody waits a task runs at once, in every turn", async () => {
  let now = 0;
  const turns = createTurns(1, { now: () => now, monotonic: () => now });
  let ran = 0;
  for (let i = 0; i < 5; i++) {
    turns.enter(() => {
      ran++;
      now += 10;
    });
    expect(ran).toBe(i + 1);
    await turn();
    await turn();
  }
});
