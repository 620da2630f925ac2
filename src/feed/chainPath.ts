import type { BlockHeader, Hash } from "../chain/types.ts";
import { headerByHash, headerByNumber, type Asking } from "./headers.ts";
import type { Heads } from "./heads.ts";

/** The way from a block that we hold to another: undo down to `ancestor`, then apply `blocks` in order. */
export type ChainPath =
  | { readonly type: "path"; readonly ancestor: Hash; readonly blocks: readonly BlockHeader[] }
  /** No block that we hold within the limit. */
  | { readonly type: "too_deep" }
  /** The node cannot show a parent: its chain has changed meanwhile, or it is not one node. */
  | { readonly type: "not_found" };

export interface PathParts {
  readonly node: Asking;
  readonly heads: Heads;
  /** Headers that were announced already. */
  readonly known: (hash: Hash) => BlockHeader | undefined;
}

const AT_ONCE = 16;

/**
 * Walks from `target` down by parent hash. Missing blocks are first asked for by number, many at once, so that a
 * far node costs few round trips; only the hashes decide whether they belong to the way.
 */
export async function pathTo(target: BlockHeader, maxBlocks: number, parts: PathParts): Promise<ChainPath> {
  const { heads, node, known } = parts;
  const tip = heads.tip;
  if (tip === null || target.number - tip.number > maxBlocks) return { type: "too_deep" };
  const fetched = await betweenByNumber(tip.number + 1, target, parts);
  const down = [target];
  for (let lowest = target; !heads.holds(lowest.parentHash);) {
    if (down.length >= maxBlocks || lowest.number <= heads.oldest) return { type: "too_deep" };
    const hash = lowest.parentHash;
    const parent = known(hash) ?? fetched.get(hash) ?? (await headerByHash(node, hash));
    if (parent === null || parent.number !== lowest.number - 1) return { type: "not_found" };
    down.push(parent);
    lowest = parent;
  }
  const ancestor = down.at(-1)?.parentHash ?? target.parentHash;
  return { type: "path", ancestor, blocks: down.toReversed() };
}

async function betweenByNumber(
  from: number,
  target: BlockHeader,
  { node, known }: PathParts,
): Promise<ReadonlyMap<Hash, BlockHeader>> {
  const fetched = new Map<Hash, BlockHeader>();
  // One missing block is one request either way, and the hash is the surer question.
  if (target.number - from < 2 || known(target.parentHash) !== undefined) return fetched;
  for (let first = from; first < target.number; first += AT_ONCE) {
    const count = Math.min(AT_ONCE, target.number - first);
    const headers = await Promise.all(
      Array.from({ length: count }, async (_, i) => await headerByNumber(node, first + i)),
    );
    for (const header of headers) if (header !== null) fetched.set(header.hash, header);
  }
  return fetched;
}
