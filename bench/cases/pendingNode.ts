import { fork, type ChildProcess } from "node:child_process";
import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import type { Hash } from "../../src/chain/types.ts";
import type { PresetName } from "../market/generate.ts";

/** A block as a node tells it, in JSON. */
export interface NodeBlock {
  readonly hash: Hash;
  /** The header without its transactions: the object as text. */
  readonly header: string;
  /** Each log as text. */
  readonly logs: readonly string[];
  readonly transactions: readonly Hash[];
}

/** A block, and the pending transactions that come after it: the bodies as text, last the one that opens something. */
export interface NodeRound {
  readonly block: NodeBlock;
  readonly others: readonly string[];
  readonly trigger: { readonly hash: Hash; readonly body: string };
}

/** What the node shall play. */
export type NodeOrder =
  | {
      readonly type: "rounds";
      readonly first: NodeBlock;
      readonly rounds: readonly NodeRound[];
      /** The first ones, which are not counted, come one right after the other. */
      readonly warmUp: number;
      /** Beside each counted round, while the daemon rests, a page is written here and flushed. */
      readonly pageFile: string;
    }
  | {
      readonly type: "flood";
      readonly preset: PresetName;
      readonly seed: number;
      readonly perSecond: number;
      readonly seconds: number;
    };

/** Milliseconds on the machine's monotonic clock, which all processes share. */
export interface NodeFigures {
  /** By round: when the trigger's frame was written, and when the bundle's request arrived; NaN: it never came. */
  readonly sentAt: readonly number[];
  readonly heardAt: readonly number[];
  /** By round: raw transactions of the bundle. */
  readonly bundles: readonly (readonly string[])[];
  /** By counted round: how long a page took onto the disk, milliseconds. */
  readonly pageMs: readonly number[];
  /** Flood: frames of pending transactions written, the number of the last one, and seconds that it took. */
  readonly frames: number;
  readonly lastNumber: number;
  readonly seconds: number;
}

export type NodeWord =
  | { readonly type: "listening"; readonly ws: string; readonly relay: string }
  | { readonly type: "done"; readonly figures: NodeFigures };

export interface PlayedNode {
  readonly ws: string;
  readonly relay: string;
  /** Begins; resolves when all was played. */
  play(): Promise<NodeFigures>;
  stop(): void;
}

const SCRIPT = fileURLToPath(new URL("pendingNodeProcess.ts", import.meta.url));

/**
 * Starts node and relay in a process of their own, which stands for machines elsewhere: it gives way wherever it wants a
 * processor that the daemon wants too.
 */
export async function startNode(order: NodeOrder): Promise<PlayedNode> {
  const child = fork(SCRIPT, { execArgv: loaderArgs(), serialization: "advanced" });
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  const heard = words(child);
  child.send({ type: "order", order });
  const { ws, relay } = await heard("listening");
  return {
    ws,
    relay,
    play: async () => {
      child.send({ type: "play" });
      return (await heard("done")).figures;
    },
    stop: () => void child.kill(),
  };
}

/** Node's own options of this process that say how to load our sources; not those for its heap. */
export const loaderArgs = (): string[] => {
  const at = process.execArgv.indexOf("--import");
  return at < 0 ? [] : process.execArgv.slice(at, at + 2);
};

type Word<T extends NodeWord["type"]> = Extract<NodeWord, { type: T }>;

const isWord = <T extends NodeWord["type"]>(word: NodeWord, type: T): word is Word<T> => word.type === type;

function words(child: ChildProcess) {
  return <T extends NodeWord["type"]>(type: T): Promise<Word<T>> =>
    new Promise((resolve, reject) => {
      const onWord = (word: NodeWord): void => {
        if (!isWord(word, type)) return;
        child.off("message", onWord);
        resolve(word);
      };
      child.on("message", onWord);
      child.once("exit", (code) => reject(new Error(`the node's process ended with ${code}`)));
    });
}

/** Milliseconds on the clock that `NodeFigures` are told by. */
export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;
