import type { Decision, SubmitDecision } from "../engine/decisions.ts";
import type { EngineEvent } from "../engine/events.ts";
import { recordsOf } from "./ledgerRecords.ts";
import type { Room } from "./room.ts";

/** Longest one step may search before it answers with what it has. */
const STEP_BUDGET_MS = 250;

/** One event through the engine; its decisions go where they belong. */
export function take(room: Room, event: EngineEvent): readonly Decision[] {
  const { clock } = room.parts;
  room.books.settle();
  const started = clock.monotonic();
  room.recorder?.write(event);
  if (event.type === "committed") room.execution?.onBlock(event.block);
  if (event.type === "reverted") room.execution?.onReverted(event.block);
  if (event.type === "pending") room.execution?.onPending(event.transaction);
  const receivedAt = room.feed.receivedAt();
  const decisions = room.engine.step(event, () => clock.monotonic() - started > STEP_BUDGET_MS);
  const micros = Math.round((clock.monotonic() - started) * 1000);
  // Before anything is sent: a refusal comes back as the next event while this one is still carried out.
  room.decisionHash?.add(decisions);
  room.backrunClock.decided(event, receivedAt, decisions);
  let sends = false;
  for (const decision of decisions) {
    if (decision.type !== "submit") continue;
    sends = true;
    send(room, decision);
  }
  // Who asks waits for his answer, and it is in the books by then.
  const when = sends && event.type !== "hint" ? "later" : "now";
  room.books.keep(() => writeDown(room, event, decisions, micros), when);
  for (const decision of decisions) if (decision.type === "further") askFurther(room, decision);
  return decisions;
}

/** When the bytes of what was decided first are out; not where the next block comes before: it would be too late. */
function askFurther(room: Room, decision: Extract<Decision, { type: "further" }>): void {
  const ask = (): void => {
    if (room.feed.head()?.hash === decision.parent.hash)
      take(room, { ...decision, time: room.parts.clock.now() });
  };
  room.books.keep(ask, "later");
}

function writeDown(room: Room, event: EngineEvent, decisions: readonly Decision[], micros: number): void {
  const { service, log } = room.parts;
  for (const decision of decisions) carryOut(room, decision, event.time);
  for (const record of recordsOf(event, room.registry, micros)) room.ledger.record(record);
  for (const record of room.hintRecords.of(event, decisions)) room.ledger.record(record);
  room.meters.event(event, micros, decisions.length);
  for (const listener of room.listeners) listener.onStep(event, decisions);
  tell(room, event, micros);
  service.alive();
  if (!room.ready && event.type === "committed" && event.atHead) {
    room.ready = true;
    const { cycles } = room.engine.status;
    log.info({ block: event.block.number, pools: room.engine.market.pools.size, cycles }, "ready");
    service.ready(`${room.config.mode} on ${room.registry.name}, block ${event.block.number}`);
  }
}

/** A plan is on its way to the channels. */
export function noteSent({ backrunClock, books, ledger, meters, parts }: Room, intentId: string): void {
  const sent = backrunClock.sent(intentId);
  if (sent === null) return;
  const time = parts.clock.now();
  books.keep(() => {
    if (sent.micros !== null) meters.backrun(sent.micros);
    ledger.record({ type: "backrun", time, ...sent });
  }, "later");
}

/**
 * Why nothing may be sent, or null: by the owner's word, or while the ledger is halted, which could not say afterwards
 * why we traded.
 */
export const stoppedBy = ({ owner, ledger }: Pick<Room, "owner" | "ledger">): string | null =>
  owner.standstill() ?? ledgerHalt(ledger.halted());

/** What may not be sent leaves no intent; the engine is told. What is under way meets the same question on its way. */
function send(room: Room, decision: SubmitDecision): void {
  const { execution, parts } = room;
  const stopped = stoppedBy(room);
  if (stopped === null) {
    void execution?.submit(decision);
    return;
  }
  take(room, {
    type: "outcome",
    time: parts.clock.now(),
    intentId: decision.intentId,
    fate: "rejected",
    reason: stopped,
    block: null,
    transactionHash: null,
  });
}

const ledgerHalt = (reason: string | null): string | null => (reason === null ? null : `halted: ${reason}`);

function carryOut({ ledger, feed, meters, parts }: Room, decision: Decision, time: number): void {
  meters.decision(decision);
  switch (decision.type) {
    case "judged": {
      const { judged, trigger, block } = decision;
      ledger.record({ type: "judged", time, judged, trigger, block });
      return;
    }
    case "quarantine": {
      const { cycleId, reason, block } = decision;
      ledger.record({ type: "quarantine", time, cycleId, reason, block });
      return;
    }
    case "prediction":
      ledger.record({ type: "prediction", time, prediction: decision });
      return;
    case "foresee":
      feed.foresee(decision.transaction, decision.parent);
      return;
    case "repair":
      feed.repair(decision.pools);
      return;
    case "resync":
      parts.log.warn({ reason: decision.reason }, "loading everything anew");
      feed.resync(decision.reason);
      return;
    case "submit":
    case "further":
    case "hint":
    case "hint_trial":
  }
}

function tell({ engine, parts: { log } }: Room, event: EngineEvent, micros: number): void {
  if (event.type === "outcome") {
    const { intentId, fate, reason, block } = event;
    log.info({ intentId, fate, reason, block }, "outcome");
  }
  if (event.type === "committed") {
    const { lastLooked: looked, openOpportunities: open } = engine.status;
    log.debug({ block: event.block.number, logs: event.logs.length, looked, open, micros }, "block");
  }
}
