import { encodeAbiParameters, encodeFunctionData, erc20Abi, parseAbi, parseAbiParameters } from "viem";
import { describe, expect, test } from "vitest";
import { loadRegistry } from "../../../src/chain/registry.ts";
import type { Address, Hex, PendingTransaction } from "../../../src/chain/types.ts";
import { createEngine, type Engine, type EngineOptions } from "../../../src/engine/engine.ts";
import type { EngineEvent } from "../../../src/engine/events.ts";
import {
  EVEN,
  HERE,
  OPTIONS,
  THERE,
  after,
  judgedOf,
  logOf,
  mined,
  ofType,
  predictionsOf,
  sale,
  start,
  submitsOf,
  told,
} from "../../support/backrunStage.ts";
import {
  UNIT,
  USDC,
  WPOL,
  address,
  committed,
  hash,
  header,
  synced,
  v2Pool,
} from "../../support/marketFixture.ts";
import { OPAQUE_ROUTER, ROUTER, pendingTransaction } from "../../support/pendingSwaps.ts";

/** What must be mined before a trigger, what stands in its place, and what is asked before anything is worked out. */

const GWEI = 1_000_000_000n;
const OTHER = address(0xf2);
const bidding = (fee: bigint, tip: bigint): Partial<PendingTransaction> => ({
  maxFeePerGas: fee * GWEI,
  maxPriorityFeePerGas: tip * GWEI,
});
/** A higher bid of trader 1 for nonce 0, which moves nothing. */
const replacement = pendingTransaction(0, { hash: hash(77), to: address(0xf1), ...bidding(600n, 60n) });
const opaque = pendingTransaction(0, { to: OPAQUE_ROUTER.address, input: "0x12345678" });

const foreseen = (transaction: PendingTransaction): EngineEvent => ({
  type: "foreseen",
  time: 0,
  hash: transaction.hash,
  parent: header(2),
  logs: [logOf(after(EVEN, 20_000n * UNIT), header(3), transaction)],
});

/** What is sent when the newest block has held these. */
const sentAfter = (engine: Engine, transactions: readonly PendingTransaction[] = []) => {
  engine.step(committed(header(3), []));
  return submitsOf(
    engine.step(
      mined(
        header(3),
        transactions.map((one) => one.hash),
      ),
    ),
  );
};

const transfer = (to: Address): Hex =>
  encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [to, UNIT] });
const transferFrom = (to: Address): Hex =>
  encodeFunctionData({ abi: erc20Abi, functionName: "transferFrom", args: [OTHER, to, UNIT] });
const behindAfter = (first: Partial<PendingTransaction>, changes: Partial<EngineOptions> = {}) => {
  const engine = start(changes);
  engine.step(told(pendingTransaction(0, first)));
  return submitsOf(engine.step(told(sale(20_000n, 1)))).map(({ behind }) => behind.map(({ nonce }) => nonce));
};

/** Routers take the lowest addresses for names: 1 is the sender, 2 the router itself. */
const ELSEWHERE = v2Pool(0x51, WPOL, USDC);
function startWide(changes: Partial<EngineOptions> = {}): Engine {
  const engine = createEngine({ ...OPTIONS, ...changes });
  const pools = [HERE, THERE, ELSEWHERE].map((pool) => ({ pool, state: EVEN }));
  engine.step(synced(header(1), pools));
  engine.step(committed(header(2), []));
  return engine;
}

describe("a trigger that was replaced is dead", () => {
  test("a simulation of it is not acted on", () => {
    const engine = start();
    engine.step(told(opaque));
    engine.step(told(replacement));
    expect(engine.step(foreseen(opaque))).toEqual([]);
  });

  test.each([
    ["as long as it waits", [], 1],
    ["then no more", [replacement], 0],
  ])("what more pays behind it is sent %s", (_, news, plans) => {
    const engine = startWide();
    const [further] = ofType(engine.step(told(sale(20_000n))), "further");
    if (further === undefined) throw new Error("nothing more is asked for");
    for (const transaction of news) engine.step(told(transaction));
    expect(submitsOf(engine.step({ ...further, time: 0 }))).toHaveLength(plans);
  });

  test.each(["bundle", "tail"] as const)("nor is it looked at with the next block (%s)", (way) => {
    const engine = start({ backruns: { way, minConfidenceFloat: 0 } });
    const trigger = sale(20_000n);
    engine.step(told(trigger));
    engine.step(told(replacement));
    expect(sentAfter(engine)).toEqual([]);
  });

  test("also by something that is sent to a contract of ours", () => {
    const engine = start();
    engine.step(told(opaque));
    engine.step(told({ ...replacement, to: address(0xee) }));
    expect(engine.step(foreseen(opaque))).toEqual([]);
  });

  test("of two the higher bid is followed, told first or last", () => {
    const [low, high] = [
      sale(20_000n, 0, bidding(500n, 40n)),
      sale(30_000n, 0, { hash: hash(78), ...bidding(600n, 60n) }),
    ];
    for (const order of [
      [low, high],
      [high, low],
    ]) {
      const engine = start();
      for (const one of order) engine.step(told(one));
      expect(sentAfter(engine).map(({ behind }) => behind)).toEqual([[high]]);
    }
  });

  test("where neither outbids the other nothing is sent behind either, nor behind what follows them", () => {
    const engine = start();
    engine.step(told(sale(20_000n, 0, bidding(500n, 60n))));
    expect(submitsOf(engine.step(told(sale(30_000n, 0, { hash: hash(78), ...bidding(600n, 40n) }))))).toEqual(
      [],
    );
    expect(submitsOf(engine.step(told(sale(40_000n, 1))))).toEqual([]);
    expect(sentAfter(engine)).toEqual([]);
  });

  test("a bundle behind it is no rival of one behind the replacement; a tail is out and stays so", () => {
    const sped = sale(20_000n, 0, { hash: hash(78), ...bidding(600n, 60n) });
    const sentBehind = (way: "bundle" | "tail") => {
      const engine = start({ backruns: { way, minConfidenceFloat: 0 } });
      expect(submitsOf(engine.step(told(sale(20_000n))))).toHaveLength(1);
      const decisions = engine.step(told(sped));
      return [submitsOf(decisions).map(({ behind }) => behind), judgedOf(decisions).map(({ code }) => code)];
    };
    expect(sentBehind("bundle")).toEqual([[[sped]], ["submitted"]]);
    expect(sentBehind("tail")).toEqual([[], ["in_flight"]]);
  });
});

describe("what is in a block waits no more", () => {
  const earlier = sale(10_000n, 0);
  const block = header(3);
  const logs = [logOf(after(EVEN, 10_000n * UNIT), block, earlier)];

  test("from its logs on: what follows does not carry it along", () => {
    const engine = start();
    engine.step(told(earlier));
    engine.step(committed(block, logs));
    const later = sale(20_000n, 1);
    expect(submitsOf(engine.step(told(later)))[0]?.behind).toEqual([later]);
    // And its prediction is checked all the same.
    expect(predictionsOf(engine.step(mined(block, [earlier.hash])))).toMatchObject([{ verdict: "exact" }]);
  });

  test("also where the block is told first", () => {
    const engine = start();
    engine.step(committed(block, []));
    engine.step(mined(block, [earlier.hash]));
    expect(engine.step(told(earlier))).toEqual([]);
    engine.step(committed(header(4), logs));
    const swap = sale(20_000n, 0, { from: OTHER });
    engine.step(committed(header(5), [logOf(EVEN, header(5), swap)]));
    expect(engine.step(told(swap))).toEqual([]);
  });

  test("also where the list of its transactions comes when there is a new block", () => {
    const engine = start();
    engine.step(told(sale(20_000n)));
    engine.step(committed(block, []));
    engine.step(committed(header(4), []));
    expect(engine.step(mined(block, [sale(20_000n).hash]))).toEqual([]);
    expect(submitsOf(engine.step(mined(header(4), [])))).toEqual([]);
  });
});

describe("what must be mined first", () => {
  test("a nonce that is missing between them: nothing is sent", () => {
    const engine = start();
    engine.step(told(pendingTransaction(0, { to: address(0xbb), input: "0x12345678" })));
    expect(submitsOf(engine.step(told(sale(20_000n, 2))))).toEqual([]);
  });

  test("four before it are more than a bundle carries", () => {
    const engine = start();
    for (let nonce = 0; nonce < 4; nonce++)
      engine.step(told(pendingTransaction(nonce, { to: address(0xf1), input: "0x" })));
    expect(submitsOf(engine.step(told(sale(20_000n, 4))))).toEqual([]);
  });

  test.each([transfer, transferFrom])(
    "a transfer to somebody is carried along, one to a pool is not (%#)",
    (of) => {
      expect(behindAfter({ to: USDC, input: of(OTHER) })).toEqual([[0, 1]]);
      for (const pool of [HERE, THERE])
        expect(behindAfter({ to: USDC, input: of(pool.address) })).toEqual([]);
    },
  );

  test("nor one that does not say to whom, or of a token that takes something for itself", () => {
    expect(behindAfter({ to: USDC, input: `0x${transfer(OTHER).slice(2, -66)}` })).toEqual([]);
    const search = { ...OPTIONS.search, isTaxed: (token: Address) => token === address(0x44) };
    expect(behindAfter({ to: address(0x44), input: transfer(OTHER) }, { search })).toEqual([]);
  });

  const UNIVERSAL = loadRegistry(137).routers.find(({ family }) => family === "universal");
  const TTA = parseAbiParameters("address, address, uint256");
  /** PERMIT2_TRANSFER_FROM, SWEEP. */
  test.each([
    ["pulled", "0x02"],
    ["swept", "0x04"],
  ] as const)("what a router has %s to a pool is not known to the pool's state", (_, command) => {
    const input = (to: Address): Hex =>
      encodeFunctionData({
        abi: parseAbi(["function execute(bytes, bytes[], uint256)"]),
        functionName: "execute",
        args: [command, [encodeAbiParameters(TTA, [USDC, to, 0n])], 4_000_000_000n],
      });
    if (UNIVERSAL === undefined) throw new Error("Polygon has one");
    const engine = startWide({ triggers: { ...OPTIONS.triggers, routers: [ROUTER, UNIVERSAL] } });
    const behindOf = (from: Address, to: Address) => {
      engine.step(told(pendingTransaction(0, { from, to: UNIVERSAL.address, input: input(to) })));
      const later = sale(20_000n, 1, { from });
      return submitsOf(engine.step(told(later))).map(({ behind }) => behind.map(({ nonce }) => nonce));
    };
    expect(behindOf(address(0xf5), ELSEWHERE.address)).toEqual([]);
    expect(behindOf(address(0xf6), OTHER)).toEqual([[0, 1]]);
  });
});

/** How often a token is asked about: each hop that is worked out does. */
function counting() {
  const asked = { count: 0 };
  const isTaxed = (): boolean => {
    asked.count++;
    return false;
  };
  return { asked, engine: start({ search: { ...OPTIONS.search, isTaxed } }) };
}

describe("what cannot be mined costs nothing", () => {
  const poor = bidding(31n, 30n);

  test.each([
    ["is too poor", sale(20_000n, 0, poor)],
    ["has no signature for a bundle", sale(20_000n, 0, { signed: null })],
  ])("a swap that %s is not worked out, now or with the next blocks", (_, transaction) => {
    const { asked, engine } = counting();
    const before = asked.count;
    engine.step(told(transaction));
    for (let number = 3; number < 6; number++) {
      engine.step(committed(header(number), []));
      engine.step(mined(header(number), []));
    }
    expect(asked.count).toBe(before);
    engine.step(told(sale(20_000n, 0, { from: OTHER })));
    expect(asked.count).toBeGreaterThan(before);
  });

  test("nor is it simulated", () => {
    const engine = start();
    expect(engine.step(told({ ...opaque, ...poor }))).toEqual([]);
    engine.step(told(sale(1n, 0, { from: OTHER, ...poor })));
    expect(engine.step(told({ ...opaque, from: OTHER, hash: hash(79), nonce: 1 }))).toEqual([]);
    engine.step(committed(header(3), []));
    expect(engine.step(mined(header(3), []))).toEqual([]);
    // With a lower base fee it may be.
    engine.step(committed({ ...header(4), baseFeePerGas: 20n * GWEI }, []));
    expect(
      ofType(engine.step(mined(header(4), [])), "foresee").map(({ transaction }) => transaction.nonce),
    ).toEqual([1, 0]);
  });

  test("a crowd of them takes no turn from what can be mined", () => {
    const engine = start();
    const trigger = sale(20_000n);
    engine.step(told(trigger));
    for (let i = 0; i < 100; i++) engine.step(told(sale(20_000n, 0, { from: address(0x1000 + i), ...poor })));
    expect(sentAfter(engine).map(({ behind }) => behind)).toEqual([[trigger]]);
  });
});

test("what an undone block held waits again, though its transactions are told late", () => {
  const engine = start();
  const trigger = sale(20_000n);
  expect(submitsOf(engine.step(told(trigger)))).toHaveLength(1);
  const { hash: undone } = header(3);
  engine.step(committed(header(3), []));
  engine.step({ type: "reverted", time: 0, block: { number: 3, hash: undone } });
  engine.step(mined(header(3), [trigger.hash]));
  const sibling = { ...header(3), hash: hash(0x333) };
  engine.step(committed(sibling, []));
  expect(submitsOf(engine.step(mined(sibling, [])))).toHaveLength(1);
});
