import { expect, test } from "vitest";
import { generateMarket } from "../../../../bench/market/generate.ts";
import { logFrame, positionLog } from "../../../../bench/market/frames.ts";
import {
  createEthersDecoder,
  createJsonDecoder,
  createViemDecoder,
} from "../../../../bench/references/decodePeers.ts";
import { createPeerState } from "../../../../bench/references/peerState.ts";
import { createSdkQuote, createSdkV2Quote, sdkKnows } from "../../../../bench/references/sdkPeers.ts";
import type { SdkHopInput } from "../../../../bench/references/sdkPeers.ts";
import {
  createEthersEncoder,
  createEthersSigner,
  createViemSigner,
  viemCalldata,
} from "../../../../bench/references/signPeers.ts";
import type { ExecuteCall } from "../../../../bench/references/signPeers.ts";
import { amountOut } from "../../../../src/amm/swap.ts";
import type { Pool, Token } from "../../../../src/chain/types.ts";
import { encodePlan } from "../../../../src/execution/calldata.ts";
import { addressOf, hashOf, poolOf } from "../../../support/marketBlocks.ts";
import { concentratedPool, integer, seeded, v2Pool } from "../../../support/searchMarkets.ts";

const PLACE = {
  blockNumber: 70_000_001,
  blockHash: hashOf("block"),
  blockTimestamp: 1_760_000_000,
  transactionHash: hashOf("transaction"),
  transactionIndex: 3,
  logIndex: 12,
};

test("viem, ethers and the bare JSON decoder read the same from every frame", () => {
  const market = generateMarket({ seed: 6, v2: 20, v3: 6, algebra: 4 });
  const decoders = [createViemDecoder, createEthersDecoder, createJsonDecoder].map((create) =>
    create(market.pools),
  );
  const state = createPeerState(market);
  const kinds = new Set<string>();
  for (let i = 0; i < 5; i++) {
    for (const { pool, frame, state: after } of market.nextBlock(30).changes) {
      const [update, ...others] = decoders.map((decode) => decode(frame));
      for (const other of others) expect(other).toEqual(update);
      expect(update?.pool).toBe(pool);
      if (update) state.apply(update);
      expect(state.states[pool]).toEqual(after);
      kinds.add(update?.change.kind ?? "none");
    }
  }
  expect([...kinds].toSorted()).toEqual(["swap", "sync"]);
});

test("mints and burns move a concentrated pool's liquidity; strangers are passed over", () => {
  const market = generateMarket({ seed: 6, v2: 20, v3: 6, algebra: 4 });
  const pool = market.pools.findIndex(({ kind }) => kind === "v3");
  const before = market.states[pool];
  if (before === null || before === undefined || before.kind === "v2")
    throw new Error("no concentrated pool");
  const low = Math.floor(before.tick / before.tickSpacing) * before.tickSpacing;
  const high = low + before.tickSpacing;
  for (const create of [createViemDecoder, createEthersDecoder, createJsonDecoder]) {
    const decode = create(market.pools);
    const state = createPeerState(market);
    for (const liquidity of [5000n, -2000n]) {
      const frame = logFrame(market.pools[pool]?.address ?? "0x", positionLog(low, high, liquidity), PLACE);
      const update = decode(frame);
      expect(update).toEqual({
        pool,
        change: { kind: "position", tickLower: low, tickUpper: high, liquidity },
      });
      if (update) state.apply(update);
    }
    expect(state.states[pool]).toMatchObject({ liquidity: before.liquidity + 3000n });
    expect(decode(logFrame(addressOf(0xdead), positionLog(low, high, 1n), PLACE))).toBeNull();
  }
});

const CALL: ExecuteCall = {
  base: addressOf(0xa0),
  amountIn: 123_456_789n,
  minProfit: 777n,
  hops: [
    { kind: "v2", pool: addressOf(1), zeroForOne: true, feePpm: 3000, tokenOut: addressOf(0xa1) },
    { kind: "v3", pool: addressOf(2), zeroForOne: false, feePpm: 0, tokenOut: addressOf(0xa2) },
    { kind: "algebra", pool: addressOf(3), zeroForOne: true, feePpm: 0, tokenOut: addressOf(0xa0) },
  ],
  maxBlock: 70_000_002n,
  parentHash: hashOf("parent"),
};

test("both libraries give the calldata of the product", () => {
  const data = viemCalldata(CALL);
  expect(createEthersEncoder()(CALL)).toBe(data);
  const tokens = [CALL.base, ...CALL.hops.map(({ tokenOut }) => tokenOut)];
  const hops = CALL.hops.map((hop, i) => ({
    ...hop,
    tokenIn: tokens[i] ?? "0x",
    amountIn: 1n,
    amountOut: 1n,
  }));
  const opportunity = {
    cycle: { id: "test", base: CALL.base, hops },
    hops,
    amountIn: CALL.amountIn,
    amountOut: 0n,
    profit: 0n,
    profitNativeFloat: 0,
    marginal: 1,
    verdict: "ok",
  } as const;
  const ours = encodePlan(
    { trigger: { type: "block", number: 1, hash: CALL.parentHash }, opportunities: [opportunity] },
    {
      minProfits: [CALL.minProfit],
      maxBlock: CALL.maxBlock,
      parentHash: CALL.parentHash,
      feePpmOf: () => 3000,
    },
  );
  expect(ours).toBe(data);
});

test("both libraries sign the same bytes", async () => {
  const key = `0x${"42".repeat(32)}` as const;
  const transaction = {
    chainId: 137,
    nonce: 9,
    to: addressOf(0xeeee),
    data: viemCalldata(CALL),
    value: 0n,
    gas: 600_000n,
    maxFeePerGas: 90_000_000_000n,
    maxPriorityFeePerGas: 30_000_000_000n,
  };
  const raw = await createViemSigner(key)(transaction);
  expect(await createEthersSigner(key)(transaction)).toBe(raw);
  expect(raw.slice(0, 4)).toBe("0x02");
});

const tokenOf = (n: number, decimals: number): Token => ({
  address: addressOf(n),
  symbol: `T${n}`,
  decimals,
  taxed: false,
});

/** Three hops around random tokens; V3 pools of a standard tier among them when `mixed`. */
function randomRoute(random: () => number, mixed: boolean): readonly SdkHopInput[] {
  const tokens = [0, 1, 2].map((i) => tokenOf(0xa0 + i, [6, 8, 18][integer(random, 0, 2)] ?? 18));
  return tokens.map((from, i) => {
    const to = tokens[(i + 1) % 3] ?? from;
    const zeroForOne = from.address < to.address;
    const ordered: readonly [Token, Token] = zeroForOne ? [from, to] : [to, from];
    const fakes = [
      { decimals: ordered[0].decimals, price: 2 },
      { decimals: ordered[1].decimals, price: 3 },
    ] as const;
    const concentrated = { ...concentratedPool(random, fakes, 1e7, 1), kind: "v3" } as const;
    const state = mixed && random() < 0.7 ? concentrated : v2Pool(fakes, 1e6, 1, 3000);
    const pool: Pool = { ...poolOf(1 + i, ordered[0].address, ordered[1].address), kind: state.kind };
    return { pool, state, zeroForOne, tokens: ordered };
  });
}

const oursOf = (hops: readonly SdkHopInput[], amountIn: bigint) =>
  hops.reduce((amount, { state, zeroForOne }) => amountOut(state, zeroForOne, amount), amountIn);

test("the V2 SDK's quotes are ours", async () => {
  const random = seeded(23);
  for (let i = 0; i < 25; i++) {
    const hops = randomRoute(random, false);
    for (const route of [hops.slice(0, 1), hops]) {
      const amountIn = 10n ** BigInt((route[0]?.tokens[route[0].zeroForOne ? 0 : 1].decimals ?? 6) - 1) * 37n;
      expect(createSdkV2Quote(route)(amountIn)).toBe(oursOf(route, amountIn));
      expect(await createSdkQuote(route)(amountIn)).toBe(oursOf(route, amountIn));
    }
  }
});

test("the V3 SDK's quotes are ours wherever the pools take the whole input", async () => {
  const random = seeded(29);
  let checked = 0;
  for (let i = 0; i < 25; i++) {
    const hops = randomRoute(random, true);
    for (const route of [hops.slice(0, 1), hops]) {
      const amountIn = 10n ** BigInt((route[0]?.tokens[route[0].zeroForOne ? 0 : 1].decimals ?? 6) - 1) * 37n;
      const ours = oursOf(route, amountIn);
      if (ours === 0n || !route.every(({ state }) => sdkKnows(state))) continue;
      expect(await createSdkQuote(route)(amountIn)).toBe(ours);
      checked++;
    }
  }
  expect(checked).toBeGreaterThan(25);
});

test("the SDKs are asked only for pools that they know", () => {
  const random = seeded(1);
  const [hop] = randomRoute(random, false);
  if (hop?.state.kind !== "v2") throw new Error("not a V2 hop");
  expect(sdkKnows(hop.state)).toBe(true);
  const cheap = { ...hop, state: { ...hop.state, feePpm: 2500 } };
  expect(sdkKnows(cheap.state)).toBe(false);
  expect(() => createSdkV2Quote([cheap])).toThrow("does not know");
  const algebra = {
    ...concentratedPool(
      random,
      [
        { decimals: 18, price: 1 },
        { decimals: 6, price: 1 },
      ],
      1e6,
      1,
    ),
    kind: "algebra",
  } as const;
  expect(sdkKnows(algebra)).toBe(false);
  expect(sdkKnows({ ...algebra, kind: "v3", ticks: null })).toBe(false);
});
