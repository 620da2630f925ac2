import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Hash } from "../../../src/chain/types.ts";
import {
  NO_NONCES,
  holdAgain,
  holdNonce,
  nextNonce,
  reconcile,
  releaseNonce,
  type NonceState,
} from "../../../src/execution/nonces.ts";
import { hashOf } from "../../support/executionPlan.ts";

test("nothing is signed before the chain has told the count, nor over a live or foreign transaction", () => {
  expect(nextNonce(NO_NONCES)).toEqual({ ok: false, reason: "nonce_unknown" });
  const known = reconcile(NO_NONCES, { latest: 7, pending: 7 });
  expect(nextNonce(known)).toEqual({ ok: true, nonce: 7 });
  const held = holdNonce(known, 7, hashOf(1));
  expect(nextNonce(held)).toEqual({ ok: false, reason: "in_flight" });
  expect(() => holdNonce(held, 7, hashOf(2))).toThrow("nonce 7 is held");
  expect(nextNonce(reconcile(known, { latest: 7, pending: 8 }))).toEqual({
    ok: false,
    reason: "foreign_pending",
  });
  expect(nextNonce(reconcile(held, { latest: 7, pending: 8 }))).toEqual({ ok: false, reason: "in_flight" });
  expect(nextNonce(releaseNonce(held, hashOf(1)))).toEqual({ ok: true, nonce: 7 });
});

test("two transactions of ours may hold one nonce after a reorg: it is free when both are settled", () => {
  const known = reconcile(NO_NONCES, { latest: 7, pending: 7 });
  const both = holdAgain(holdNonce(known, 7, hashOf(2)), 7, hashOf(1));
  expect(nextNonce(reconcile(both, { latest: 7, pending: 8 }))).toEqual({ ok: false, reason: "in_flight" });
  expect(reconcile(both, { latest: 7, pending: 9 }).foreignPending).toBe(true);
  const one = releaseNonce(both, hashOf(1));
  expect(nextNonce(one)).toEqual({ ok: false, reason: "in_flight" });
  expect(nextNonce(releaseNonce(one, hashOf(2)))).toEqual({ ok: true, nonce: 7 });
});

/** One account's chain, as a block explorer would see it: who spent which nonce, and what is in the pool. */
interface World {
  spent: Hash[];
  pool: Map<number, Hash>;
}

type Step = "sign" | "mine" | "lose" | "foreignMined" | "foreignPending" | "reorg" | "restart" | "look";
const STEPS: readonly Step[] = [
  "sign",
  "mine",
  "lose",
  "foreignMined",
  "foreignPending",
  "reorg",
  "restart",
  "look",
];

const isForeign = (hash: Hash): boolean => hash.startsWith("0xff");

/** A history of one signer: the owner's state beside the world's truth, checked after every step. */
function createHistory() {
  const world: World = { spent: [], pool: new Map() };
  let state: NonceState = NO_NONCES;
  let last = 0;
  const signed = new Map<Hash, number>();
  const fresh = (foreign: boolean): Hash =>
    `0x${foreign ? "ff" : "00"}${(++last).toString(16).padStart(62, "0")}`;
  const look = (): void => {
    let pending = world.spent.length;
    while (world.pool.has(pending)) pending++;
    state = reconcile(state, { latest: world.spent.length, pending });
    // The tracker frees what is settled: a nonce spent by whomever.
    for (const { nonce, hash } of state.held)
      if (nonce < world.spent.length) state = releaseNonce(state, hash);
  };
  const steps: Record<Step, () => void> = {
    sign: () => {
      const answer = nextNonce(state);
      if (!answer.ok) return;
      // No reuse while live: nothing of ours in the pool has this nonce.
      const live = world.pool.get(answer.nonce);
      expect(live === undefined || isForeign(live)).toBe(true);
      // No gap: never more than the chain's count, which a reorg may have lowered since.
      expect(answer.nonce - world.spent.length).toBeLessThanOrEqual(1);
      const hash = fresh(false);
      state = holdNonce(state, answer.nonce, hash);
      signed.set(hash, answer.nonce);
      if (!world.pool.has(answer.nonce)) world.pool.set(answer.nonce, hash);
    },
    mine: () => {
      const next = world.pool.get(world.spent.length);
      if (next === undefined) return;
      world.pool.delete(world.spent.length);
      world.spent.push(next);
    },
    // The place that had it forgets it for good, and the tracker learns so.
    lose: () => {
      const [nonce, hash] = [...world.pool].find(([, each]) => !isForeign(each)) ?? [];
      if (nonce === undefined || hash === undefined) return;
      world.pool.delete(nonce);
      state = releaseNonce(state, hash);
    },
    foreignMined: () => {
      world.pool.delete(world.spent.length);
      world.spent.push(fresh(true));
    },
    foreignPending: () => {
      const nonce = world.spent.length;
      if (!world.pool.has(nonce)) world.pool.set(nonce, fresh(true));
    },
    // The last block is undone: its transaction is pending again, and the tracker holds what was ours.
    reorg: () => {
      const hash = world.spent.pop();
      if (hash === undefined) return;
      const nonce = world.spent.length;
      world.pool.set(nonce, hash);
      look();
      if (!isForeign(hash) && state.held.every((held) => held.nonce !== nonce))
        state = holdNonce(state, nonce, hash);
    },
    // What the journal says was signed and is not settled is held again before anything else.
    restart: () => {
      state = NO_NONCES;
      for (const [nonce, hash] of world.pool) if (signed.has(hash)) state = holdNonce(state, nonce, hash);
      look();
    },
    look,
  };
  return { steps, look, state: () => state, world };
}

describe("random histories", () => {
  test(
    "10,000: no reuse while live, no gap above one, and two looks converge to the chain",
    { timeout: 120_000 },
    () => {
      fc.assert(
        fc.property(fc.array(fc.constantFrom(...STEPS), { maxLength: 40 }), (history) => {
          const { steps, look, state, world } = createHistory();
          for (const step of history) {
            steps[step]();
            const nonces = state().held.map(({ nonce }) => nonce);
            expect(new Set(nonces).size).toBe(nonces.length);
          }
          look();
          look();
          expect(state().next).toBe(world.spent.length);
          const answer = nextNonce(state());
          expect(answer.ok ? answer.nonce : world.spent.length).toBe(world.spent.length);
          // Whoever may still take the next nonce keeps us from signing it.
          expect(answer.ok && world.pool.has(world.spent.length)).toBe(false);
        }),
        { numRuns: 10_000 },
      );
    },
  );
});
