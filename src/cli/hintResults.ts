import { hintResultSchema, type HintResult } from "../control/protocol.ts";
import type { Notification } from "./controlClient.ts";

/** Our hints that have not ended: a hint lives until it expires or is cancelled, and its intents until they have a fate. */
export interface HintResults {
  /** Before it is pushed, so that no result comes too early; false: it lives already. */
  expect(id: string): boolean;
  /** It was not taken. */
  forget(id: string): void;
  /** The result, where the notification is one of a hint of ours. */
  take(notification: Notification): HintResult | null;
  readonly open: number;
}

interface Life {
  isOver: boolean;
  readonly intents: Set<string>;
}

/** `source`: the name that our hints go under. */
export function createHintResults(source: string): HintResults {
  const lives = new Map<string, Life>();
  return {
    expect: (id) => {
      if (lives.has(id)) return false;
      lives.set(id, { isOver: false, intents: new Set() });
      return true;
    },
    forget: (id) => void lives.delete(id),
    take: ({ method, params }) => {
      if (method !== "hint.result") return null;
      const read = hintResultSchema.safeParse(params);
      if (!read.success || read.data.source !== source) return null;
      const life = lives.get(read.data.id);
      if (life === undefined) return null;
      follow(life, read.data);
      if (life.isOver && life.intents.size === 0) lives.delete(read.data.id);
      return read.data;
    },
    get open() {
      return lives.size;
    },
  };
}

function follow(life: Life, { state, intent, code }: HintResult): void {
  if (intent !== undefined) {
    if (state === "submitted") life.intents.add(intent);
    else life.intents.delete(intent);
  }
  // A second hint of the name goes on living.
  if (state === "expired" || (state === "cancelled" && code !== "replaced")) life.isOver = true;
}
