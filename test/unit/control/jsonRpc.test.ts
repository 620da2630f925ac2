import { expect, test } from "vitest";
import { createJsonRpc, type Caller, type Handlers } from "../../../src/control/jsonRpc.ts";
import { ERRORS } from "../../../src/control/protocol.ts";
import { RpcError } from "../../../src/control/rpcError.ts";
import { EXIT, PlainError } from "../../../src/lib/errors.ts";
import { silentLog } from "../../../src/lib/log.ts";

const unused = (): never => {
  throw new Error("secret text");
};
const logged: object[] = [];
const handlers: Handlers<Caller> = {
  version: () => ({ name: "x", version: "1", protocol: 1, access: "open", methods: [], topics: [] }),
  status: unused,
  metrics: () => Promise.reject(new RpcError(ERRORS.stale, "later")),
  why: ({ id }) => (id === "later" ? Promise.resolve({ wei: 1n }) : { wei: [2n ** 80n] }),
  subscribe: unused,
  "hint.push": ({ hints }) => ({ verdicts: hints.map((_, i) => ({ id: `h${i}`, verdict: "accepted" })) }),
  "hint.cancel": unused,
  "hint.list": () => ({ hints: [] }),
  "hint.results": unused,
  injectPairs: () => ({ pairs: [] }),
  getPaths: unused,
  processRoute: unused,
  findArbitrage: unused,
  pause: () => ({ done: true }),
  resume: unused,
  halt: () => {
    throw new PlainError(EXIT.config, "no reason given");
  },
  reload: () => Promise.reject(new Error("secret text")),
  "limits.lower": unused,
  queued: unused,
  approve: unused,
};
const rpc = createJsonRpc(handlers, {
  log: { ...silentLog, error: (facts) => void logged.push(facts) },
  checkResults: true,
});

const say = async (text: string, access: Caller["access"] = "owner"): Promise<unknown> => {
  const reply = await rpc.answer(Buffer.from(text), { access });
  return reply === null ? null : JSON.parse(reply);
};
const call = async (method: string, params?: unknown, access: Caller["access"] = "owner"): Promise<unknown> =>
  await say(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }), access);
const error = (code: number, message: unknown, more: object = {}, id: unknown = 1) => ({
  jsonrpc: "2.0",
  id,
  error: { code, message, ...more },
});
const text: unknown = expect.any(String);

test("an answer carries the id as it was sent: text, whole number or null", async () => {
  for (const id of ["", "a", "__proto__", "é".repeat(128), 0, -1, 2 ** 53 - 1, null])
    expect(await say(JSON.stringify({ jsonrpc: "2.0", id, method: "hint.list" }))).toEqual({
      jsonrpc: "2.0",
      id,
      result: { hints: [] },
    });
});

test("an id that cannot come back as it was sent is refused, with null in its place", async () => {
  for (const id of ["1.5", "9007199254740993", "true", "[]", "{}", `"${"x".repeat(129)}"`])
    expect(await say(`{"jsonrpc":"2.0","id":${id},"method":"hint.list"}`)).toEqual(
      error(-32600, text, { data: { path: "id" } }, null),
    );
});

test("what is no request gets one error, with the id where it can be read", async () => {
  expect(await say("")).toEqual(error(-32700, text, {}, null));
  expect(await say("{")).toEqual(error(-32700, text, {}, null));
  expect(await say('{"jsonrpc":"2.0","id":1,"id":2,"method":"version"}')).toEqual(
    error(-32700, text, {}, null),
  );
  expect(await say('{"params":{"constructor":1}}')).toEqual(
    error(-32700, text, { data: { path: "params.constructor" } }, null),
  );
  const batch = error(-32600, "no batches: one request a line", {}, null);
  expect(await say('[{"jsonrpc":"2.0","id":1,"method":"version"}]')).toEqual(batch);
  expect(await say("[]")).toEqual(batch);
  for (const other of ["1", "null", '"x"', "true"])
    expect(await say(other)).toEqual(error(-32600, text, { data: { path: "" } }, null));
  expect(await say('{"id":1,"method":"version"}')).toEqual(
    error(-32600, text, { data: { path: "jsonrpc" } }),
  );
  expect(await say('{"jsonrpc":"1.0","id":1,"method":"version"}')).toEqual(
    error(-32600, text, { data: { path: "jsonrpc" } }),
  );
  expect(await say('{"jsonrpc":"2.0","id":1,"method":5}')).toEqual(
    error(-32600, text, { data: { path: "method" } }),
  );
  expect(await say('{"jsonrpc":"2.0","id":1,"method":"version","more":1}')).toEqual(
    error(-32600, text, { data: { path: "more" } }),
  );
});

test("methods: unknown ones, inherited ones and those of the owner", async () => {
  for (const name of ["nothing", "__proto__", "constructor", "toString", "hasOwnProperty", ""])
    expect(await call(name)).toEqual(error(-32601, `no method ${name}`));
  expect(await call("no\u001b[31m\nmethod")).toEqual(error(-32601, "no method no[31mmethod"));
  expect(await call("pause", { reason: "x" }, "open")).toEqual(
    error(-32006, "pause is for the owner's socket"),
  );
  expect(await call("pause", { reason: "x" })).toMatchObject({ result: { done: true } });
});

const bad = (path: string): object => error(-32602, text, { data: { path } });

test("bad parameters name the field", async () => {
  expect(await call("why", { id: 5 })).toEqual(bad("id"));
  expect(await call("why", { id: "x", other: 1 })).toEqual(bad("other"));
  expect(await call("why", ["x"])).toEqual(bad(""));
  expect(await call("why", null)).toEqual(bad(""));
  expect(await call("hint.list", { limit: 1.5 })).toEqual(bad("limit"));
  expect(await call("injectPairs", [{ token0: "A", token1: "B", dex: 5 }])).toEqual(bad("[0].dex"));
  expect(await call("injectPairs", { pairs: [{}, { token0: "A" }] })).toEqual(bad("pairs[0].token0"));
  expect(await call("version", undefined)).toMatchObject({ result: { name: "x" } });
});

test("notifications are done and answered by nothing, also where they fail", async () => {
  expect(await say('{"jsonrpc":"2.0","method":"version"}')).toBe(null);
  expect(await say('{"jsonrpc":"2.0","method":"nothing"}')).toBe(null);
  expect(await say('{"jsonrpc":"2.0","method":"reload"}')).toBe(null);
  expect(await say('{"jsonrpc":"2.0","method":"why","params":{}}')).toBe(null);
});

test("errors inside: one line for the caller, the rest for the log", async () => {
  logged.length = 0;
  const internal = error(-32603, "internal error, see the log");
  expect(await call("status")).toEqual(internal);
  expect(await call("reload")).toEqual(internal);
  expect(logged).toHaveLength(2);
  expect(await call("halt", { reason: "x" })).toEqual(error(-32602, "no reason given"));
  expect(await call("metrics")).toEqual(error(-32003, "later"));
});

test("a result that breaks its schema is an internal error where that is checked", async () => {
  const broken = createJsonRpc<Caller>(
    { ...handlers, "hint.cancel": () => ({ cancelled: 1.5 }) },
    { log: silentLog, checkResults: true },
  );
  const line = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"hint.cancel","params":{"ids":["a"]}}');
  expect(JSON.parse((await broken.answer(line, { access: "open" })) ?? "")).toMatchObject({
    error: { code: -32603 },
  });
});

test("amounts of any size are decimal strings", async () => {
  expect(await call("why", { id: "a" })).toMatchObject({ result: { wei: ["1208925819614629174706176"] } });
  expect(await call("why", { id: "later" })).toMatchObject({ result: { wei: "1" } });
});
