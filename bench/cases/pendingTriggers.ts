import { parseTransaction } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import type { Hex, PendingTransaction } from "../../src/chain/types.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { toHex } from "../../src/execution/bytes.ts";
import { createLocalSigner } from "../../src/execution/localSigner.ts";
import type { Primitives } from "../../src/execution/primitives.ts";
import { secret } from "../../src/lib/secret.ts";
import { predictEffects } from "../../src/mempool/effects.ts";
import { createDecoder } from "../../src/mempool/decode.ts";
import { createPoolBook } from "../../src/mempool/poolBook.ts";
import { pendingBody } from "../market/pendingFrames.ts";
import { createPendingSwaps } from "../market/pendingSwaps.ts";
import { createRandom, type Random } from "../market/random.ts";
import { nodeBlock } from "./pendingBlocks.ts";
import { benchEngineOptions, benchHeader, blockWith, POLYGON, syncedEvent } from "./pendingEngine.ts";
import { chainLog, logOf, type RestingMarket } from "./pendingMarket.ts";
import type { NodeBlock, NodeRound } from "./pendingNode.ts";

export interface Rounds {
  readonly first: NodeBlock;
  readonly rounds: readonly NodeRound[];
  /** Swaps that were drawn until so many opened something. */
  readonly drawn: number;
}

/** Drawn until then; markets of the benchmark need a few for one. */
const MOST_DRAWN = 200;
/** As many as a daemon remembers between two blocks. */
const BLOCK_DRAWN = 30;

/** The same call, signed by a key of its own with nonce 0: what is told of it hashes to its hash. */
function signed(transaction: PendingTransaction, primitives: Primitives, random: Random): PendingTransaction {
  const key: Hex = `0x${random.hex(32)}`;
  const { to, value, input, gas, maxFeePerGas, maxPriorityFeePerGas } = transaction;
  if (to === null || maxFeePerGas === null || maxPriorityFeePerGas === null)
    throw new RangeError("no router call");
  const raw = createLocalSigner(secret(key), primitives).signTransactionSync({
    chainId: POLYGON.chainId,
    nonce: 0,
    to,
    value,
    data: input,
    gas,
    maxFeePerGas,
    maxPriorityFeePerGas,
  });
  const parsed = parseTransaction(raw);
  const { r, s, yParity } = parsed;
  if (r === undefined || s === undefined) throw new RangeError("no signature");
  return {
    ...transaction,
    hash: toHex(primitives.keccak256.hash(Buffer.from(raw.slice(2), "hex"))),
    from: `0x${privateKeyToAddress(key).slice(2).toLowerCase()}`,
    nonce: 0,
    signed: {
      chainId: POLYGON.chainId,
      accessList: [],
      authorizationList: [],
      yParity: yParity === 1 ? 1 : 0,
      r: BigInt(r),
      s: BigInt(s),
    },
  };
}

/**
 * Swaps behind which the daemon's engine has a plan, each on the same resting market: the block after a swap holds it,
 * and behind it somebody who takes all of it back.
 */
export function makeRounds(
  market: RestingMarket,
  primitives: Primitives,
  { seed, wanted }: { readonly seed: number; readonly wanted: number },
): Rounds {
  const swap = createPendingSwaps(market, { seed: seed + 1, routers: POLYGON.routers });
  const random = createRandom(seed, "keys of triggers");
  const engine = createEngine(benchEngineOptions(market));
  engine.step(syncedEvent(market));
  const effectsOf = createEffects(market);
  const rounds: NodeRound[] = [];
  let before: readonly NodeLog[] = [];
  let others: string[] = [];
  let drawn = 0;
  while (rounds.length < wanted && drawn < MOST_DRAWN * wanted) {
    if (drawn % BLOCK_DRAWN === 0) engine.step(blockWith(1 + drawn / BLOCK_DRAWN));
    drawn++;
    const transaction = signed(swap().transaction, primitives, random);
    const plan = engine.step({ type: "pending", time: 0, transaction }).find(({ type }) => type === "submit");
    if (plan?.type !== "submit") {
      others.push(pendingBody(transaction));
      continue;
    }
    const ended = { fate: "missed", reason: "", block: null, transactionHash: null } as const;
    engine.step({ type: "outcome", time: 0, intentId: plan.intentId, ...ended });
    rounds.push({
      block: blockOf(rounds.length + 1, before),
      others,
      trigger: { hash: transaction.hash, body: pendingBody(transaction) },
    });
    before = logsOf(market, transaction, effectsOf(transaction));
    others = [];
  }
  return { first: nodeBlock(benchHeader(0), [], []), rounds, drawn };
}

interface NodeLog {
  readonly transaction: Hex;
  readonly pool: Hex;
  readonly body: ReturnType<typeof logOf>;
}

function blockOf(after: number, logs: readonly NodeLog[]): NodeBlock {
  const block = benchHeader(after);
  const hashes = [...new Set(logs.map(({ transaction }) => transaction))];
  const told = logs.map(({ transaction, pool, body }, index) =>
    chainLog(pool, body, { block, transaction, index }),
  );
  return nodeBlock(block, told, hashes);
}

type Effects = ReturnType<typeof predictEffects>["effects"];

function createEffects(market: RestingMarket): (transaction: PendingTransaction) => Effects {
  const [wrappedNative = "0x"] = market.bases;
  const decoder = createDecoder(POLYGON.routers, wrappedNative);
  const book = createPoolBook(syncedEvent(market).pools);
  const context = { book, wrappedNative, isTaxed: () => false, timestamp: benchHeader(1).timestamp };
  return (transaction) => {
    const decoded = decoder.decode(transaction);
    if (decoded.type !== "decoded") return [];
    const view = { stateOf: (pool: Hex) => market.stateOf(market.idOf(pool)) };
    return predictEffects(decoded, transaction, view, context).effects;
  };
}

function logsOf(market: RestingMarket, { hash }: PendingTransaction, effects: Effects): readonly NodeLog[] {
  const back: Hex = `0x${hash.slice(2, 34)}${"0b".repeat(16)}`;
  return [
    ...effects.map(({ pool, after }) => ({ transaction: hash, pool: pool.address, body: logOf(after) })),
    ...effects.flatMap(({ pool }) => {
      const state = market.stateOf(market.idOf(pool.address));
      return state === null ? [] : [{ transaction: back, pool: pool.address, body: logOf(state) }];
    }),
  ];
}
