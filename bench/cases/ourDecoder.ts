import { POOL_TOPICS } from "../../src/amm/poolLog.ts";
import { createAddressTable } from "../../src/chain/addressTable.ts";
import type { Pool } from "../../src/chain/types.ts";
import { createLogFrames } from "../../src/feed/frames/logFrames.ts";
import { LOG_KIND, unsignedOf } from "../../src/feed/frames/logRecord.ts";
import type { FrameDecoder } from "../references/decodePeers.ts";

/** Our byte decoder in the shape that the peers decode by; positions are left out. */
export function createOurDecoder(pools: readonly Pool[]): FrameDecoder {
  const table = createAddressTable();
  for (const [id, { address }] of pools.entries()) table.set(address, id);
  const frames = createLogFrames({ topics: Object.values(POOL_TOPICS), pools: table });
  return (frame) => {
    if (!frames.read(frame)) return null;
    const { record } = frames;
    const { pool } = record;
    if (pool < 0) return null;
    const [one, other] = [unsignedOf(record, 0), unsignedOf(record, 1)];
    if (record.kind === LOG_KIND.sync)
      return { pool, change: { kind: "sync", reserve0: one, reserve1: other } };
    if (record.kind !== LOG_KIND.swap) return null;
    const tick = record.signed[0] ?? 0;
    return { pool, change: { kind: "swap", sqrtPriceX96: one, liquidity: other, tick } };
  };
}
