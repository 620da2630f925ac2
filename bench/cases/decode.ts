import { POOL_TOPICS } from "../../src/amm/poolLog.ts";
import { createAddressTable } from "../../src/chain/addressTable.ts";
import type { Pool } from "../../src/chain/types.ts";
import { createLogFrames } from "../../src/feed/frames/logFrames.ts";
import type { LogFrames } from "../../src/feed/frames/logFrames.ts";
import { LOG_KIND, unsignedOf } from "../../src/feed/frames/logRecord.ts";
import type { LogRecord } from "../../src/feed/frames/logRecord.ts";
import type { BenchCase, BenchContext } from "../harness/case.ts";
import { measureRounds } from "../harness/rounds.ts";
import type { RoundOptions } from "../harness/rounds.ts";
import { lessRow } from "../harness/rows.ts";
import type { Row } from "../harness/rows.ts";
import { logFrame, positionLog } from "../market/frames.ts";
import type { LivingMarket } from "../market/types.ts";
import { createEthersDecoder, createJsonDecoder, createViemDecoder } from "../references/decodePeers.ts";
import type { FrameDecoder, PoolChange, PoolUpdate } from "../references/decodePeers.ts";
import { takingTurns } from "./contenders.ts";

/** Of each kind: more than a block has, few enough to be drawn quickly. */
const FRAMES = 512;
const BLOCK_CHANGES = 60;
const MOST_BLOCKS = 400;
/** Frames of a flushed block. */
const BLOCK = 20;

interface Frames {
  readonly sync: readonly Buffer[];
  readonly swap: readonly Buffer[];
  /** Mints and burns; no market here has them, so that they are made up. */
  readonly position: readonly Buffer[];
}

function drawFrames(market: LivingMarket): Frames {
  const sync: Buffer[] = [];
  const swap: Buffer[] = [];
  for (let block = 0; block < MOST_BLOCKS; block++) {
    for (const { state, frame } of market.nextBlock(BLOCK_CHANGES).changes) {
      const list = state.kind === "v2" ? sync : swap;
      if (list.length < FRAMES) list.push(frame);
    }
    if (sync.length + swap.length === 2 * FRAMES) break;
  }
  return { sync, swap, position: makePositions(market) };
}

function makePositions(market: LivingMarket): readonly Buffer[] {
  return market.pools.flatMap((pool, i) => {
    const state = market.stateOf(i);
    if (state === null || state.kind === "v2") return [];
    const { tick, tickSpacing, liquidity } = state;
    const lower = Math.floor(tick / tickSpacing - (i % 9)) * tickSpacing;
    const place = {
      blockNumber: 70_000_000 + i,
      blockHash: `0x${"ab".repeat(32)}`,
      blockTimestamp: 1_760_000_000,
      transactionHash: `0x${"cd".repeat(32)}`,
      transactionIndex: i,
      logIndex: 3 * i,
    } as const;
    const amount = liquidity / BigInt(2 + i) + 1n;
    return [amount, -amount].map((change) =>
      logFrame(pool.address, positionLog(lower, lower + tickSpacing * (1 + (i % 40)), change), place),
    );
  });
}

/** As the feed makes it. */
function createReader(pools: readonly Pool[]): LogFrames {
  const table = createAddressTable();
  for (const [id, { address }] of pools.entries()) table.set(address, id);
  return createLogFrames({ topics: Object.values(POOL_TOPICS), pools: table });
}

/** What a record says in the words of the peers, whose integers are bigints. */
function updateOf(record: LogRecord): PoolUpdate | null {
  const change = changeOf(record);
  return record.pool < 0 || change === null ? null : { pool: record.pool, change };
}

function changeOf(record: LogRecord): PoolChange | null {
  const [first = 0, second = 0] = record.signed;
  const one = unsignedOf(record, 0);
  switch (record.kind) {
    case LOG_KIND.sync:
      return { kind: "sync", reserve0: one, reserve1: unsignedOf(record, 1) };
    case LOG_KIND.swap:
      return { kind: "swap", sqrtPriceX96: one, liquidity: unsignedOf(record, 1), tick: first };
    case LOG_KIND.mint:
      return { kind: "position", tickLower: first, tickUpper: second, liquidity: one };
    case LOG_KIND.burn:
      return { kind: "position", tickLower: first, tickUpper: second, liquidity: -one };
    default:
      return null;
  }
}

const byBytes =
  (frames: LogFrames): FrameDecoder =>
  (frame) =>
    frames.read(frame) ? updateOf(frames.record) : null;

const text = (update: PoolUpdate | null): string =>
  update === null ? "none" : `${update.pool} ${Object.values(update.change).join(" ")}`;

function checkFrames(
  context: BenchContext,
  name: string,
  pools: readonly Pool[],
  frames: readonly Buffer[],
): void {
  const ours = byBytes(createReader(pools));
  const peers = [createViemDecoder(pools), createEthersDecoder(pools), createJsonDecoder(pools)];
  let [unread, unlike] = [0, 0];
  for (const frame of frames) {
    const update = ours(frame);
    if (update === null) unread++;
    if (peers.some((decode) => text(decode(frame)) !== text(update))) unlike++;
  }
  const detail = `of ${frames.length} frames ${unread} unread, ${unlike} unlike`;
  context.check(
    `${name}: viem, ethers and JSON.parse read the same from every frame`,
    unlike === 0 && unread === 0 && frames.length > 0,
    detail,
  );
}

const poolOf = (update: PoolUpdate | null): number => update?.pool ?? 0;

type FrameReader = (frame: Buffer) => number;

/** Each as a function that answers a number of what it read. */
function createReaders(pools: readonly Pool[]): Readonly<Record<Reading, FrameReader>> {
  const [reader, other] = [createReader(pools), byBytes(createReader(pools))];
  const viem = createViemDecoder(pools);
  const ethers = createEthersDecoder(pools);
  const json = createJsonDecoder(pools);
  return {
    bytes: (frame) => (reader.read(frame) ? reader.record.pool + (reader.record.floats[0] ?? 0) * 1e-30 : -1),
    bigints: (frame) => poolOf(other(frame)),
    viem: (frame) => poolOf(viem(frame)),
    ethers: (frame) => poolOf(ethers(frame)),
    json: (frame) => poolOf(json(frame)),
    parse: (frame) => {
      const document: object = JSON.parse(frame.toString("latin1"));
      return "params" in document ? 1 : 0;
    },
  };
}

type Reading = "bytes" | "bigints" | "viem" | "ethers" | "json" | "parse";

const BY_VIEM = "JSON.parse + viem decodeEventLog";
const BY_ETHERS = "JSON.parse + ethers parseLog";

async function warmRows(
  name: string,
  pools: readonly Pool[],
  frames: readonly Buffer[],
  options: RoundOptions,
): Promise<readonly Row[]> {
  const contenders = Object.entries(createReaders(pools)).map(([key, read]) =>
    takingTurns(key, frames, read),
  );
  const medians = (await measureRounds(contenders, options)).map(({ micros }) => micros.p50);
  const [bytes = NaN, withBigints = NaN, viem = NaN, ethers = NaN, json = NaN, parse = NaN] = medians;
  const row = { name, unit: "us", value: bytes };
  return [
    lessRow({
      ...row,
      reference: BY_VIEM,
      referenceValue: viem,
      bar: "ratio >= 30",
      note: "to pool id, exact 32-bit words and floats, as the pool table takes them; the peers to bigints",
    }),
    lessRow({ ...row, reference: BY_ETHERS, referenceValue: ethers, bar: "ratio >= 300" }),
    lessRow({ ...row, reference: "JSON.parse + bigints cut out by hand", referenceValue: json }),
    lessRow({ ...row, reference: "JSON.parse alone", referenceValue: parse }),
    lessRow({
      ...row,
      name: `${name}, bigints made too`,
      value: withBigints,
      reference: BY_VIEM,
      referenceValue: viem,
    }),
  ];
}

/** A block's frames after each flush: the first pays for the code, all of them for their table. */
async function flushedRows(
  name: string,
  pools: readonly Pool[],
  frames: readonly Buffer[],
  options: RoundOptions,
): Promise<readonly Row[]> {
  const blocks = Array.from({ length: Math.floor(frames.length / BLOCK) }, (_, i) =>
    frames.slice(BLOCK * i, BLOCK * (i + 1)),
  );
  const { bytes, viem, ethers } = createReaders(pools);
  const contenders = [bytes, viem, ethers].map((read) =>
    takingTurns(read.name, blocks, (block) => block.reduce((sum, frame) => sum + read(frame), 0)),
  );
  const medians = (await measureRounds(contenders, options)).map(({ micros }) => micros.p50);
  const [ours = NaN, byViem = NaN, byEthers = NaN] = medians;
  const row = { name: `block of ${BLOCK} ${name}s, flushed`, unit: "us", value: ours };
  return [
    lessRow({ ...row, reference: BY_VIEM, referenceValue: byViem }),
    lessRow({ ...row, reference: BY_ETHERS, referenceValue: byEthers }),
  ];
}

async function measure(context: BenchContext): Promise<readonly Row[]> {
  const market = context.market("11k mixed");
  const { pools } = market;
  const { sync, swap, position } = drawFrames(market);
  checkFrames(context, "Sync", pools, sync);
  checkFrames(context, "Swap", pools, swap);
  checkFrames(context, "Mint and Burn", pools, position);
  for (const { name, pools: real, blocks } of (await context.recorded()) ?? []) {
    const frames = blocks.flatMap(({ changes }) => changes.map(({ frame }) => frame));
    if (frames.length > 0) checkFrames(context, name, real, frames);
  }
  const rows: Row[] = [];
  const budgetMs = context.timeLeftMs() / 2;
  for (const [name, frames] of [
    ["Sync frame", sync],
    ["Swap frame", swap],
  ] as const) {
    rows.push(...(await warmRows(name, pools, frames, { budgetMs: 0.7 * budgetMs })));
    const flushed = { budgetMs: 0.3 * budgetMs, flush: context.flush };
    rows.push(...(await flushedRows(name, pools, frames, flushed)));
  }
  return rows;
}

export const decodeCase: BenchCase = {
  name: "decode",
  about: `one log notification of a node's socket, ${FRAMES} frames of each kind in turn`,
  budgetMs: 7_000,
  run: measure,
};
