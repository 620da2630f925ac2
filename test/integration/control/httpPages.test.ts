import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createHttpDoor } from "../../../src/control/http.ts";
import { silentLog } from "../../../src/lib/log.ts";
import { HAS_CHROMIUM } from "../../support/chromium.ts";
import { controlStage, CYCLE, type ControlStage } from "../../support/controlStage.ts";
import { attack, HIDDEN, type Attack, type Ports } from "../../support/hostilePage.ts";

// Pages in a real browser reach for the door.

const ORDER = { token_in: "WPOL", token_out: "WPOL", amount: "100.5", ...CYCLE };

const ends: (() => unknown)[] = [];
beforeEach(({ skip }) => {
  if (!HAS_CHROMIUM) skip("no Chromium here");
});
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** The door in front of a control room over an engine. */
async function openDoor({ control }: ControlStage, port: number): Promise<void> {
  const door = createHttpDoor(
    { host: "127.0.0.1", port, auth: "none" },
    (method, params) => control.dispatch(method, params),
    { log: silentLog },
  );
  ends.push(() => door.stop());
  await door.start();
}

/** As a program of this machine asks. */
async function order(port: number): Promise<number> {
  const headers = { "content-type": "application/json", connection: "close" };
  const body = JSON.stringify(ORDER);
  return (await fetch(`http://127.0.0.1:${port}/process_route`, { method: "POST", headers, body })).status;
}

type AttackOf = (ports: Ports) => Attack;

/** What the page could read; nothing but refusals may have reached it, and nothing at all the room. */
async function readBy(attackOf: AttackOf): Promise<ReadonlySet<string>> {
  const stage = controlStage();
  ends.push(() => stage.stop());
  let port = 0;
  const { read, asked } = await attack(ORDER, attackOf, (target) => openDoor(stage, (port = target)));
  // Every attempt, or its preflight, came as far as the door.
  for (const name of Object.keys(read))
    expect(asked.map(({ line }) => line)).toContainEqual(expect.stringContaining(`?${name} `));
  const answers = asked.map(({ answer }) => answer).filter(({ length }) => length > 0);
  expect(new Set(answers.map(([status]) => status))).toEqual(new Set(["HTTP/1.1 403 Forbidden"]));
  expect(answers.flat().filter((header) => /^access-control/i.test(header))).toEqual([]);
  expect([...stage.asked, ...stage.owner]).toEqual([]);
  expect(await order(port)).toBe(200);
  expect(stage.asked).toHaveLength(1);
  return new Set(Object.values(read));
}

const fromSite: AttackOf = ({ target }) => ({ page: `evil.test:${target}`, target: `127.0.0.1:${target}` });

test.each<[string, AttackOf]>([
  ["another site", fromSite],
  ["another site, by name", ({ target }) => ({ page: `evil.test:${target}`, target: `localhost:${target}` })],
  ["no origin", ({ target }) => ({ page: `sandboxed.test:${target}`, target: `127.0.0.1:${target}` })],
  ["the next port", ({ home, target }) => ({ page: `127.0.0.1:${home}`, target: `127.0.0.1:${target}` })],
])("a page of %s has nothing done and reads nothing", async (_name, attackOf) => {
  expect(await readBy(attackOf)).toEqual(new Set([HIDDEN]));
});

test.each([
  ["a name that leads here now", "evil.test", "not a host of this door"],
  ["whoever had the port before", "localhost", "not for web pages"],
])("a page of %s has nothing done and reads refusals", async (_name, host, error) => {
  const refusal = JSON.stringify({ error });
  const read = await readBy(({ target: port }) => ({ page: `${host}:${port}`, target: `${host}:${port}` }));
  expect(read).toEqual(new Set([HIDDEN, refusal, `403 ${refusal}`]));
});

test("such a page is told and obeyed where a server lets it", async () => {
  const taken: string[] = [];
  const server = createServer((request, response) => {
    const allowed = { origin: "*", headers: "authorization, content-type", methods: "PUT" };
    for (const [what, value] of Object.entries(allowed))
      response.setHeader(`access-control-allow-${what}`, value);
    response.setHeader("content-type", "text/javascript");
    void text(request).then((body) => taken.push(body) && response.end("0"));
  });
  ends.push(() => server.close());
  const { read } = await attack(ORDER, fromSite, (port) =>
    once(server.listen(port, "127.0.0.1"), "listening"),
  );
  for (const name of [
    "health",
    "status",
    "metrics",
    "text",
    "fields",
    "parts",
    "json",
    "list",
    "put",
    "token",
    "sentOn",
  ])
    expect({ name, read: read[name] }).toEqual({ name, read: "200 0" });
  expect(read).toMatchObject({ script: "loaded", style: "loaded" });
  const whole = JSON.stringify(ORDER);
  expect(taken).toEqual(
    expect.arrayContaining([whole, `[${whole}]`, `${whole.slice(0, -1)},"tail":"="}\r\n`]),
  );
});
