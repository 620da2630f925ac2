import type { SubmitDecision } from "../engine/decisions.ts";
import type { Channel } from "./channels/channel.ts";
import { channelsFor } from "./channels/fitting.ts";
import { refusal, type Refusal } from "./refusal.ts";
import type { Simulator } from "./simulate.ts";

export interface WayOptions {
  /**
   * Blocks after the target in which a plan may still land. 0: the target alone, tied to the parent by its hash, so
   * that it meets the very state it was priced on or reverts.
   */
  readonly graceBlocks: number;
  readonly backrun: {
    /** False: no plan behind a pending transaction is sent. */
    readonly enabled: boolean;
    /** False: such a plan goes out in bundles or not at all. */
    readonly tail: boolean;
    /** `beside`: a bundle that costs nothing where it fails does not wait for the node's simulation. */
    readonly simulate: "before" | "beside";
  };
}

/** How a plan goes out, and where. */
export interface Way {
  /**
   * `settled`: ours alone. `bundle`: the pending transactions and ours behind them, whole or not at all. `tail`: ours
   * alone with the lowest fees of these transactions, which Bor orders behind them where it has seen them first.
   */
  readonly kind: "settled" | "bundle" | "tail";
  readonly channels: readonly Channel[];
  /** As in `WayOptions`; a tail has none: behind another block's transactions it only costs gas. */
  readonly graceBlocks: number;
  /** Last block of the bundles in which alone it travels; null: it may land at any time. */
  readonly bundledUntil: number | null;
  /** No channel can land it after its last target block. */
  readonly expires: boolean;
  /**
   * The node simulates while the bundle is on its way, which is taken back when it should not have gone. Only where every
   * channel leaves out what would revert: there a plan that proves wrong costs nothing, and waiting costs the place.
   */
  readonly simulatedBeside: boolean;
}

const PLAIN = { bundledUntil: null, expires: false, simulatedBeside: false } as const;

/**
 * The way of a decision through these channels; null: dry-run, which sends nothing and prices a back-run as bundled.
 * `method`: by which the node simulates; only one can do it behind a trigger.
 */
export function wayOf(
  { behind, targetBlock }: SubmitDecision,
  { graceBlocks, backrun }: WayOptions,
  places: readonly Channel[] | null,
  method: Simulator["method"],
): Way | Refusal {
  const follows = behind.length > 0;
  if (follows && !backrun.enabled) return refusal("backrun_off");
  if (places === null) return { ...PLAIN, kind: follows ? "bundle" : "settled", channels: [], graceBlocks };
  const channels = channelsFor(places, follows);
  const atomic = channels.every(({ promises }) => promises.atomic);
  const bundledUntil = atomic ? targetBlock + graceBlocks : null;
  const expires = channels.every(({ promises }) => promises.expires);
  if (!follows) return { ...PLAIN, kind: "settled", channels, graceBlocks, bundledUntil, expires };
  if (channels.length === 0) return refusal("no_channel", "none takes a plan behind a trigger");
  const free = channels.every(({ promises }) => promises.revertProtection);
  const simulatedBeside = free && backrun.simulate === "beside" && method === "eth_simulateV1";
  if (atomic) return { kind: "bundle", channels, graceBlocks, bundledUntil, expires, simulatedBeside };
  return backrun.tail
    ? { ...PLAIN, kind: "tail", channels, graceBlocks: 0 }
    : refusal("no_channel", "none takes bundles, and tails are off");
}
