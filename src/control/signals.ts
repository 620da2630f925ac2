import { watch, type FSWatcher } from "node:fs";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { safeText } from "../lib/safeText.ts";
import type { Hint, HintVerdict } from "./protocol.ts";
import { createSignalsFolder, type SignalName } from "./signalsFolder.ts";
import { readSignal, type SignalRules } from "./signalsHint.ts";

export interface SignalsOptions extends SignalRules {
  /** The folder that the brain writes to; made where it is missing. */
  readonly path: string;
  /** Most files taken in a second. */
  readonly perSecond: number;
  /** The folder is read again this often, in milliseconds: notices of the system may be lost. */
  readonly rescanMs: number;
  /** A file that is no JSON, and has not changed for this long, is not being written any more; milliseconds. */
  readonly settleMs: number;
}

/** What a daemon without further wishes uses. */
export const SIGNALS_DEFAULTS = { perSecond: 100, rescanMs: 1_000, settleMs: 2_000 } as const;

/** Verdicts in the order of the hints; what it throws leaves the files where they are, for another try. */
export type PushHints = (
  hints: readonly Hint[],
  source: string,
) => readonly HintVerdict[] | Promise<readonly HintVerdict[]>;

export interface Signals {
  /** Takes what lies there, oldest first, and then what comes. Throws `PlainError` (77) for a folder it cannot use. */
  start(): Promise<void>;
  /** Returns when nothing is under way any more. */
  stop(): Promise<void>;
}

/** Under this name hints of the folder stand in verdicts, results and the ledger. */
export const SIGNALS_SOURCE = "signals";

/**
 * The brain's folder of signals as hints: each file is moved to `done`, or to `refused` with its reason beside it, only
 * after its hint has a verdict, so that a crash in between repeats a hint of the same id and loses none.
 */
export function createSignals(
  options: SignalsOptions,
  push: PushHints,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Signals {
  const folder = createSignalsFolder(options.path);
  /** Files that are no JSON yet: what they looked like, and since when. */
  let unread = new Map<string, { readonly mark: string; readonly since: number }>();
  /** When each of the last `perSecond` files was taken, the oldest first. */
  const taken: number[] = [];

  const hasSettled = (file: string, mark: string): boolean => {
    const before = unread.get(file);
    if (before?.mark !== mark) unread.set(file, { mark, since: clock.monotonic() });
    else if (clock.monotonic() - before.since >= options.settleMs) return unread.delete(file);
    return false;
  };

  /** The hint of one file; null: none, and what there was to do with the file is done. */
  const hintOf = async (name: SignalName): Promise<Hint | null> => {
    const content = await folder.read(name.file);
    if (content.type === "gone") return null;
    if (content.type === "unread" && !hasSettled(name.file, content.mark)) return null;
    if (content.type === "content") unread.delete(name.file);
    const reading =
      content.type === "content"
        ? readSignal(content.value, { ...name, now: clock.now() }, options)
        : { refused: content.why };
    if ("hint" in reading) return reading.hint;
    await refuse(name, reading.refused);
    return null;
  };

  const refuse = async (name: SignalName, why: string): Promise<void> => {
    log.warn({ file: safeText(name.file, 128), why: safeText(why, 200) }, "signal refused");
    await folder.refuse(name.file, why);
  };

  const settle = async (name: SignalName, verdict: HintVerdict | undefined): Promise<void> => {
    if (verdict?.verdict === "accepted") await folder.done(name.file);
    else if (verdict !== undefined)
      await refuse(name, [verdict.code, verdict.reason].filter((part) => part !== undefined).join(": "));
  };

  /** Takes what the rate lets through. */
  const pass = async (): Promise<void> => {
    const now = clock.monotonic();
    while (taken.length > 0 && now - (taken[0] ?? now) >= 1_000) taken.shift();
    if (taken.length >= options.perSecond) return;
    await folder.prepare();
    const names = (await folder.list()).slice(0, options.perSecond - taken.length);
    const files = new Set(names.map(({ file }) => file));
    unread = new Map([...unread].filter(([file]) => files.has(file)));
    const found: { readonly name: SignalName; readonly hint: Hint }[] = [];
    for (const name of names) {
      const hint = await hintOf(name);
      if (!unread.has(name.file)) taken.push(now);
      if (hint !== null) found.push({ name, hint });
    }
    if (found.length === 0) return;
    const verdicts = await push(
      found.map(({ hint }) => hint),
      SIGNALS_SOURCE,
    );
    for (const [i, { name }] of found.entries()) await settle(name, verdicts[i]);
  };
  return createWatch(options, { prepare: () => folder.prepare(), pass, log });
}

interface WatchParts {
  readonly prepare: () => Promise<void>;
  readonly pass: () => Promise<void>;
  readonly log: Log;
}

/** Passes over the folder, one at a time: with every notice of the system, and every `rescanMs`. */
function createWatch({ path, rescanMs }: SignalsOptions, { prepare, pass, log }: WatchParts): Signals {
  let watcher: FSWatcher | null = null;
  let rescan: NodeJS.Timeout | null = null;
  let running: Promise<void> | null = null;
  let again = false;

  const run = async (): Promise<void> => {
    do {
      again = false;
      try {
        await pass();
      } catch (err) {
        // The files lie where they lay; the next rescan tries again.
        log.warn({ err }, "signals not taken");
      }
    } while (again);
    running = null;
  };
  const wake = (): void => {
    if (watcher === null) return;
    again = true;
    running ??= run();
  };
  return {
    start: async () => {
      await prepare();
      // First the notices, then the look: nothing falls between the two.
      watcher = watch(path, { persistent: false }, wake);
      watcher.on("error", (err) => log.warn({ err }, "signals folder not watched, only read again"));
      rescan = setInterval(wake, rescanMs);
      rescan.unref();
      wake();
    },
    stop: async () => {
      watcher?.close();
      watcher = null;
      again = false;
      if (rescan !== null) clearInterval(rescan);
      await running;
    },
  };
}
