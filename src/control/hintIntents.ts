import type { OutcomeEvent } from "../engine/events.ts";

/** Which hints an intent was made from, until its fate is known. */
export interface HintIntents<T> {
  /** Returns the intent's fate where it came before: a refusal to send is told while the decision is carried out. */
  open(intentId: string, hints: readonly T[]): OutcomeEvent | null;
  /** The hints of an intent that ended; nothing is kept of it. */
  close(outcome: OutcomeEvent): readonly T[];
}

/** Intents whose fate nobody tells are not kept for ever. */
const MOST_OPEN = 1000;
const MOST_EARLY = 64;

export function createHintIntents<T>(): HintIntents<T> {
  const intents = new Map<string, readonly T[]>();
  const early = new Map<string, OutcomeEvent>();
  return {
    open: (intentId, hints) => {
      if (hints.length === 0) return null;
      remember(intents, intentId, hints, MOST_OPEN);
      return early.get(intentId) ?? null;
    },
    close: (outcome) => {
      const hints = intents.get(outcome.intentId);
      if (hints === undefined) remember(early, outcome.intentId, outcome, MOST_EARLY);
      intents.delete(outcome.intentId);
      return hints ?? [];
    },
  };
}

function remember<V>(book: Map<string, V>, id: string, value: V, most: number): void {
  book.set(id, value);
  const [oldest] = book.keys();
  if (book.size > most && oldest !== undefined) book.delete(oldest);
}
