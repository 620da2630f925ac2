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
  type HeldNonce,
  type NonceState,
} from "../../../src/execution/nonces.ts";
import { hashOf } from "../../support/executionPlan.ts";

/** `bundledUntil` null: it may land at any time. */
const held = (nonce: number, hash: number, bundledUntil: number | null = null): HeldNonce => ({
  nonce,
  hash: hashOf(hash),
  bundledUntil,
});

test("nothing is signed before the chain has told the count, nor over a live or foreign transaction", () => {
  expect(nextNonce(NO_NONCES)).toEqual({ ok: false, reason: "nonce_unknown" });
  const known = reconcile(NO_NONCES, { latest: 7, pending: 7, head: 100 });
  expect(nextNonce(known)).toEqual({ ok: true, nonce: 7 });
  const taken = holdNonce(known, held(7, 1));
  expect(nextNonce(taken)).toEqual({ ok: false, reason: "in_flight" });
  expect(() => holdNonce(taken, held(7, 2))).toThrow("nonce 7 is held");
  expect(nextNonce(reconcile(known, { latest: 7, pending: 8, head: 100 }))).toEqual({
    ok: false,
    reason: "foreign_pending",
  });
  expect(nextNonce(reconcile(taken, { latest: 7, pending: 8, head: 100 }))).toEqual({
    ok: false,
    reason: "in_flight",
  });
  expect(nextNonce(releaseNonce(taken, hashOf(1)))).toEqual({ ok: true, nonce: 7 });
});

test("two transactions of ours may hold one nonce after a reorg: it is free when both are settled", () => {
  const known = reconcile(NO_NONCES, { latest: 7, pending: 7, head: 100 });
  const both = holdAgain(holdNonce(known, held(7, 2)), held(7, 1));
  expect(nextNonce(reconcile(both, { latest: 7, pending: 8, head: 100 }))).toEqual({
    ok: false,
    reason: "in_flight",
  });
  expect(reconcile(both, { latest: 7, pending: 9, head: 100 }).foreignPending).toBe(true);
  const one = releaseNonce(both, hashOf(1));
  expect(nextNonce(one)).toEqual({ ok: false, reason: "in_flight" });
  expect(nextNonce(releaseNonce(one, hashOf(2)))).toEqual({ ok: true, nonce: 7 });
});

test("in bundles for one block alternates share the nonce; with anything else they do not", () => {
  const known = reconcile(NO_NONCES, { latest: 7, pending: 7, head: 100 });
  const one = holdNonce(known, held(7, 1, 101));
  expect(nextNonce(one, 101)).toEqual({ ok: true, nonce: 7 });
  for (const other of [102, null]) expect(nextNonce(one, other)).toMatchObject({ reason: "in_flight" });
  const two = holdNonce(one, held(7, 2, 101));
  expect(nextNonce(two, 101)).toEqual({ ok: true, nonce: 7 });
  expect(nextNonce(reconcile(two, { latest: 7, pending: 9, head: 100 }), 101)).toMatchObject({
    reason: "foreign_pending",
  });
  expect(() => holdNonce(two, held(7, 3, 102))).toThrow("nonce 7 is held");
  expect(() => holdNonce(two, held(7, 3))).toThrow("nonce 7 is held");
  // Whichever landed: the nonce is spent, and with the chain the next one is free.
  expect(nextNonce(reconcile(two, { latest: 8, pending: 8, head: 100 }))).toEqual({ ok: true, nonce: 8 });
  // One that may land at any time has no alternate.
  const loose = holdNonce(known, held(7, 1));
  for (const until of [101, null]) expect(nextNonce(loose, until)).toMatchObject({ reason: "in_flight" });
  // What a reorg brought back stands in the way of the next nonce too.
  expect(nextNonce(holdAgain(one, held(6, 9, 101)), 101)).toMatchObject({ reason: "in_flight" });
});

test("a bundle whose last block has passed holds nothing, whatever its relay is silent about", () => {
  const known = reconcile(NO_NONCES, { latest: 7, pending: 7, head: 100 });
  const two = holdNonce(holdNonce(known, held(7, 1, 102)), held(7, 2, 102));
  const before = reconcile(two, { latest: 7, pending: 7, head: 101 });
  expect(nextNonce(before, 103)).toMatchObject({ reason: "in_flight" });
  expect(nextNonce(reconcile(before, { latest: 7, pending: 7, head: 102 }), 103)).toEqual({
    ok: true,
    nonce: 7,
  });
  const loose = holdNonce(known, held(7, 3));
  expect(nextNonce(reconcile(loose, { latest: 7, pending: 7, head: 102 }), 103)).toMatchObject({
    reason: "in_flight",
  });
});

/** One account's chain, as a block explorer would see it: who spent which nonce, and what may spend the next ones. */
interface World {
  spent: Hash[];
  pool: Map<number, Hash>;
  /** Bundles of ours at relays: for the next block alone. */
  bundles: { readonly nonce: number; readonly hash: Hash }[];
}

const STEPS = [
  "sign",
  "bundle",
  "mine",
  "mineBundle",
  "lose",
  "foreignMined",
  "foreignPending",
  "reorg",
  "restart",
  "look",
] as const;
/** So that alternates come to be. */
const OFTEN = ["bundle", "bundle", "bundle", "look", "look"] as const;
type Step = (typeof STEPS)[number];

const isForeign = (hash: Hash): boolean => hash.startsWith("0xff");

/** A history of one signer: the owner's state beside the world's truth, checked after every step. */
function createHistory() {
  const world: World = { spent: [], pool: new Map(), bundles: [] };
  let state: NonceState = NO_NONCES;
  let last = 0;
  const signed = new Map<Hash, HeldNonce>();
  const fresh = (foreign: boolean): Hash =>
    `0x${foreign ? "ff" : "00"}${(++last).toString(16).padStart(62, "0")}`;
  const look = (): void => {
    let pending = world.spent.length;
    while (world.pool.has(pending)) pending++;
    state = reconcile(state, { latest: world.spent.length, pending, head: height });
    // The tracker frees what is settled: a nonce spent by whomever.
    for (const { nonce, hash } of state.held)
      if (nonce < world.spent.length) state = releaseNonce(state, hash);
  };
  /** A block passes; relays drop what was for it. No tracker hears that it missed: a look at the chain must do. */
  const block = (hash: Hash | null): void => {
    if (hash !== null) {
      world.pool.delete(world.spent.length);
      world.spent.push(hash);
    }
    world.bundles = [];
  };
  const landable = () => world.bundles.filter(({ nonce }) => nonce >= world.spent.length);
  /** The block that is built next: bundles are for it. */
  let height = 0;
  const sign = (bundledUntil: number | null): void => {
    const answer = nextNonce(state, bundledUntil);
    if (!answer.ok) return;
    // No reuse while live: nothing of ours in the pool has this nonce, in bundles only alternates.
    const live = world.pool.get(answer.nonce);
    expect(live === undefined || isForeign(live)).toBe(true);
    expect(bundledUntil === null && landable().length > 0).toBe(false);
    expect(landable().every(({ nonce }) => nonce === answer.nonce)).toBe(true);
    // No gap: never more than the chain's count, which a reorg may have lowered since.
    expect(answer.nonce - world.spent.length).toBeLessThanOrEqual(1);
    const holding = { nonce: answer.nonce, hash: fresh(false), bundledUntil };
    state = holdNonce(state, holding);
    signed.set(holding.hash, holding);
    if (bundledUntil !== null) world.bundles.push(holding);
    else if (!world.pool.has(answer.nonce)) world.pool.set(answer.nonce, holding.hash);
  };
  const steps: Record<Step, () => void> = {
    sign: () => {
      sign(null);
    },
    bundle: () => {
      sign(height + 1);
    },
    mine: () => {
      height++;
      block(world.pool.get(world.spent.length) ?? null);
    },
    // The best of the alternates, whichever that is: its nonce must be the chain's.
    mineBundle: () => {
      const best = world.bundles.at(height % 2 === 0 ? 0 : -1);
      height++;
      block(best?.nonce === world.spent.length ? best.hash : null);
    },
    // The place that had it forgets it for good, and the tracker learns so.
    lose: () => {
      const [nonce, hash] = [...world.pool].find(([, each]) => !isForeign(each)) ?? [];
      if (nonce === undefined || hash === undefined) return;
      world.pool.delete(nonce);
      state = releaseNonce(state, hash);
    },
    foreignMined: () => {
      height++;
      block(fresh(true));
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
      if (!isForeign(hash)) state = holdAgain(state, { nonce, hash, bundledUntil: null });
    },
    // What the journal says was signed and is not settled is held again before anything else.
    restart: () => {
      state = NO_NONCES;
      for (const hash of [...world.pool.values(), ...world.bundles.map((each) => each.hash)]) {
        const holding = signed.get(hash);
        if (holding !== undefined) state = holdAgain(state, holding);
      }
      look();
    },
    look,
  };
  return { steps, look, state: () => state, world, landable };
}

describe("random histories", () => {
  test(
    "10,000: no reuse while live but by alternates, no gap above one, and two looks converge to the chain",
    { timeout: 120_000 },
    () => {
      let shared = 0;
      fc.assert(
        fc.property(fc.array(fc.constantFrom(...STEPS, ...OFTEN), { maxLength: 40 }), (history) => {
          const { steps, look, state, world, landable } = createHistory();
          for (const step of history) {
            steps[step]();
            // Who shares a nonce is an alternate, or was brought back by a reorg.
            if (world.bundles.length > 1) shared++;
            const landed = world.spent.filter((hash) => !isForeign(hash));
            expect(new Set(landed).size).toBe(landed.length);
          }
          look();
          look();
          expect(state().next).toBe(world.spent.length);
          const answer = nextNonce(state());
          expect(answer.ok ? answer.nonce : world.spent.length).toBe(world.spent.length);
          // Whoever may still take the next nonce keeps us from signing it.
          expect(answer.ok && world.pool.has(world.spent.length)).toBe(false);
          expect(answer.ok && landable().length > 0).toBe(false);
        }),
        { numRuns: 10_000 },
      );
      expect(shared).toBeGreaterThan(1000);
    },
  );
});
