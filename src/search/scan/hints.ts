import type { RouteHint } from "../search.ts";
import type { ScanIndex } from "./scanIndex.ts";

/**
 * A hint as the edges of a cycle from its first base, as the scan lists it. Null where it is none of the scan's: of 2 to
 * `maxHops` known pools, hop after hop, through no token twice and through a base.
 */
export function edgesOfHint(index: ScanIndex, bases: number, hint: RouteHint): Int32Array | null {
  const { poolIds, tokenIds, pools, layout } = index;
  if (hint.length < 2 || hint.length > layout.maxHops) return null;
  const edges: number[] = [];
  const tokensIn: number[] = [];
  let reached = -1;
  for (const { pool: address, zeroForOne } of hint) {
    const id = poolIds.get(address) ?? -1;
    const pool = pools[id];
    if (pool === undefined || edges.some((edge) => edge >> 1 === id)) return null;
    const token0 = tokenIds.get(pool.token0) ?? -1;
    const token1 = tokenIds.get(pool.token1) ?? -1;
    const tokenIn = zeroForOne ? token0 : token1;
    if ((reached >= 0 && tokenIn !== reached) || tokensIn.includes(tokenIn)) return null;
    reached = zeroForOne ? token1 : token0;
    edges.push(2 * id + (zeroForOne ? 0 : 1));
    tokensIn.push(tokenIn);
  }
  if (reached !== tokensIn[0]) return null;
  // Bases have the lowest token ids.
  const base = Math.min(...tokensIn);
  if (base >= bases) return null;
  const first = tokensIn.indexOf(base);
  return Int32Array.from([...edges.slice(first), ...edges.slice(0, first)]);
}
