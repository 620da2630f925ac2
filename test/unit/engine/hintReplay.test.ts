import { expect, test } from "vitest";
import { createDecisionHash } from "../../../src/app/decisionHash.ts";
import { createEngine } from "../../../src/engine/engine.ts";
import type { EngineEvent } from "../../../src/engine/events.ts";
import { eventToJson } from "../../../src/feed/eventJson.ts";
import { engineEventSchema } from "../../../src/feed/eventSchema.ts";
import {
  CHEAP,
  DEAR,
  EVEN,
  OPTIONS,
  RING,
  hint,
  moves,
  quiet,
  ringPays,
  route,
  unhint,
} from "../../support/hintStage.ts";
import { address, header, synced } from "../../support/marketFixture.ts";

const digest = (run: readonly EngineEvent[]) => {
  const engine = createEngine({ ...OPTIONS, hintControlShareFloat: 0.4 });
  const hash = createDecisionHash();
  for (const event of run) hash.add(engine.step(event));
  return hash.digest();
};

/** As it is read from a recording; there, a header has its bloom filter. */
function recorded(event: EngineEvent): EngineEvent {
  const bloom = `0x${"0".repeat(512)}`;
  return engineEventSchema.parse(
    JSON.parse(eventToJson(event).replace('"logsBloom":"0x"', `"logsBloom":"${bloom}"`)),
  );
}

test("the same events give the same decisions, hints among them, and so does their recording", () => {
  const events: EngineEvent[] = [
    synced(
      header(1),
      [...RING, CHEAP, DEAR].map((pool) => ({ pool, state: EVEN })),
    ),
    quiet(2),
    hint("keep", route("h1"), route("h2", { scoreFloat: 0.9, budgetFloat: 0.1 })),
    ringPays(3),
    hint("ask", route("q1"), route("q2", { hops: [] })),
    moves(header(4), { [DEAR.address]: 4n, [address(2)]: 3n }),
    unhint("h1"),
    hint("ask", route("q1")),
    quiet(5),
  ];
  expect(digest(events)).toBe(digest(events));
  expect(digest(events.map(recorded))).toBe(digest(events));
  expect(digest(events.filter(({ type }) => type !== "hint"))).not.toBe(digest(events));
});
