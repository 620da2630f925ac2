import { expect, test } from "vitest";
import { z } from "zod";
import { eventSchema, hintResultSchema, TOPICS } from "../../../src/control/protocol.ts";
import { createTopics, type Topics } from "../../../src/control/topics.ts";
import { DEXES, TOKENS, triangle } from "../../support/controlStage.ts";
import { address, committed, header, syncLog, UNIT, USDC, WPOL } from "../../support/marketFixture.ts";
import { seedStage } from "../../support/seedMarket.ts";

const notification = z.strictObject({
  jsonrpc: z.literal("2.0"),
  method: z.enum(["event", "hint.result"]),
  params: z.unknown(),
});

function listen(): {
  readonly notify: (text: string) => void;
  readonly begin: () => void;
  readonly heard: z.output<typeof notification>[];
} {
  const heard: z.output<typeof notification>[] = [];
  return {
    heard,
    begin: () => undefined,
    notify: (text) => void heard.push(notification.parse(JSON.parse(text))),
  };
}

function play(topics: Topics): void {
  const entries = triangle(1).slice(0, 3);
  const { engine } = seedStage({ tokens: TOKENS, dexes: DEXES, bases: [WPOL, USDC], usd: [USDC], entries });
  const log = syncLog(address(3), 1_200_000n * UNIT, 1_000_000n * UNIT, header(3));
  const opening = committed(header(3), [log]);
  const decisions = engine.step(opening);
  topics.step(opening, decisions);
  const intentId = decisions.find((decision) => decision.type === "submit")?.intentId ?? "none";
  const outcome = {
    type: "outcome",
    time: 5,
    intentId,
    reason: "",
    block: 4,
    transactionHash: null,
  } as const;
  topics.step({ ...outcome, fate: "included" }, []);
  topics.hint({ id: "a", source: "brain", state: "accepted", time: 6 });
}

test("every topic is told in the words of its schema, to who asked for it", () => {
  const topics = createTopics();
  const all = listen();
  const heads = listen();
  const results = listen();
  topics.subscribe(all, TOPICS);
  topics.subscribe(heads, ["heads"]);
  topics.subscribe(heads, ["heads"]);
  topics.subscribeResults(results);
  play(topics);
  const events = all.heard.map(({ params }) => eventSchema.parse(params));
  expect(events.map(({ topic }) => topic)).toEqual([
    "heads",
    "opportunities",
    "submissions",
    "fates",
    "hints",
  ]);
  expect(events[2]).toMatchObject({ net: expect.stringMatching(/^\d+$/), target_block: 4, hints: [] });
  expect(heads.heard).toHaveLength(1);
  expect(results.heard.map(({ params }) => hintResultSchema.parse(params))).toMatchObject([{ id: "a" }]);
  expect(topics.of(heads)).toEqual(["heads"]);
});

test("who left hears nothing, and blocks that are filled in are no heads", () => {
  const topics = createTopics();
  const gone = listen();
  topics.subscribe(gone, TOPICS);
  topics.subscribeResults(gone);
  topics.step(committed(header(3), [], { atHead: false }), []);
  topics.leave(gone);
  play(topics);
  expect(gone.heard).toEqual([]);
  expect(topics.of(gone)).toEqual([]);
});
