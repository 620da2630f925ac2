import type { ChainLog, Hash } from "../../src/chain/types.ts";
import { generatePreset } from "../market/generate.ts";
import { createPendingNoise, notification, pendingBody } from "../market/pendingFrames.ts";
import { createPendingSwaps } from "../market/pendingSwaps.ts";
import { createRandom } from "../market/random.ts";
import { nodeBlock } from "./pendingBlocks.ts";
import { benchHeader, POLYGON } from "./pendingEngine.ts";
import { chainLog, logOf, restingMarket } from "./pendingMarket.ts";
import type { NodeBlock, NodeOrder } from "./pendingNode.ts";

/** Frames of pending transactions without end, and blocks. */
export interface Flood {
  readonly first: NodeBlock;
  frame(): Buffer;
  /** Of the last frame that is for us. */
  lastNumber(): number;
  /** A block with a hundred Sync logs. */
  block(): NodeBlock;
}

/** Different frames; what comes round again has another hash and another sender. */
const TEMPLATES = 4000;
const SWAP_SHARE = 0.05;
const SYNCS = 100;
const HASH_CHARS = 64;
const ADDRESS_CHARS = 40;
/** The end of hash and sender: the number of the transaction. */
const NUMBER_CHARS = 12;
/** One frame in so many is told twice. */
const TWICE_EVERY = 50;
/** One template in so many is of a type that is not for us: Bor's state sync. */
const STRANGE_EVERY = 200;

/** The number that a flood's transaction has. */
export const numberOfFlood = (hash: Hash): number => Number.parseInt(hash.slice(-NUMBER_CHARS), 16);

export function createFlood(
  { preset, seed }: Pick<Extract<NodeOrder, { type: "flood" }>, "preset" | "seed">,
  subscription: string,
): Flood {
  const market = restingMarket(generatePreset(preset, seed));
  const random = createRandom(seed, "flood");
  const swap = createPendingSwaps(market, { seed, routers: POLYGON.routers });
  const noise = createPendingNoise(
    seed,
    market.tokens.map(({ address }) => address),
  );
  const templates = Array.from({ length: TEMPLATES }, (_, i) => {
    const drawn = random.next() < SWAP_SHARE ? swap().transaction : noise();
    const transaction = i % STRANGE_EVERY === STRANGE_EVERY - 1 ? { ...drawn, type: 0x7f } : drawn;
    const frame = Buffer.from(notification(subscription, pendingBody(transaction)), "latin1");
    const endOf = (key: string, chars: number): number =>
      frame.indexOf(key) + key.length + chars - NUMBER_CHARS;
    return { frame, places: [endOf(`"hash":"0x`, HASH_CHARS), endOf(`"from":"0x`, ADDRESS_CHARS)] };
  });
  let last: Buffer | null = null;
  const pairs = market.pools.flatMap(({ kind }, i) => (kind === "v2" ? [i] : []));
  let [numbers, frames, blocks] = [0, 0, 0];
  return {
    first: nodeBlock(benchHeader(0), [], []),
    frame: () => {
      if (++frames % TWICE_EVERY === 0 && last !== null) return last;
      const template = templates[numbers % TEMPLATES];
      if (template === undefined) throw new RangeError("no frames");
      const frame = Buffer.from(template.frame);
      const number = (numbers++).toString(16).padStart(NUMBER_CHARS, "0");
      for (const at of template.places) frame.write(number, at, "latin1");
      last = frame;
      return frame;
    },
    lastNumber: () => {
      const number = numbers - 1;
      return (number % TEMPLATES) % STRANGE_EVERY === STRANGE_EVERY - 1 ? number - 1 : number;
    },
    block: () => {
      const header = benchHeader(++blocks);
      const logs = Array.from({ length: SYNCS }, (_, index): ChainLog => {
        const pool = pairs[(blocks * 7919 + index * 104_729) % pairs.length] ?? 0;
        const state = market.stateOf(pool);
        const address = market.pools[pool]?.address ?? "0x";
        if (state?.kind !== "v2") throw new RangeError("not a V2 pool");
        // Each a little deeper than before: the price stays.
        const more = 1_000_000n + BigInt(blocks);
        const deeper = {
          ...state,
          reserve0: (state.reserve0 * more) / 1_000_000n,
          reserve1: (state.reserve1 * more) / 1_000_000n,
        };
        const transaction: Hash = `0x${(blocks * SYNCS + index).toString(16).padStart(64, "d")}`;
        return chainLog(address, logOf(deeper), { block: header, transaction, index });
      });
      const hashes = logs.map(({ transactionHash }) => transactionHash);
      return nodeBlock(header, logs, hashes);
    },
  };
}
