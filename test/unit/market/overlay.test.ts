import { expect, test } from "vitest";
import type { StateView } from "../../../src/market/stateView.ts";
import { createOverlay } from "../../../src/market/overlay.ts";
import { addressOf, v2State } from "../../support/marketBlocks.ts";

const [FIRST, SECOND] = [addressOf(1), addressOf(2)];

test("an overlay shows its own states above the base, which it never writes", () => {
  const states = new Map([
    [FIRST, v2State(1n, 2n)],
    [SECOND, v2State(3n, 4n)],
  ]);
  const base: StateView = { stateOf: (pool) => states.get(pool) ?? null };
  const overlay = createOverlay(base);
  overlay.set(SECOND, v2State(5n, 6n));
  overlay.set(FIRST, v2State(7n, 8n));
  overlay.set(SECOND, v2State(9n, 9n));
  expect(overlay.stateOf(SECOND)).toEqual(v2State(9n, 9n));
  expect(base.stateOf(SECOND)).toEqual(v2State(3n, 4n));
  expect(overlay.changed).toEqual([SECOND, FIRST]);
  expect(overlay.isChanged(FIRST)).toBe(true);
  expect(overlay.isChanged(addressOf(3))).toBe(false);
  expect(overlay.stateOf(addressOf(3))).toBeNull();
  states.set(addressOf(3), v2State(1n, 1n));
  expect(overlay.stateOf(addressOf(3))).toEqual(v2State(1n, 1n));
});
