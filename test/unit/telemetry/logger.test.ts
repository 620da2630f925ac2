import { expect, test } from "vitest";
import { PlainError } from "../../../src/lib/errors.ts";
import { secret } from "../../../src/lib/secret.ts";
import { createLogger, type Logger, type LogLevel } from "../../../src/telemetry/logger.ts";

function open(level: LogLevel): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  return { logger: createLogger({ level }, { write: (line) => void lines.push(line) }), lines };
}

const CANARY = "c4n4ry";

test("a line is one JSON object: time, level, module, facts, message", () => {
  const { logger, lines } = open("info");
  logger.child("feed").warn({ block: 5, profit: 2n ** 70n, nested: { list: [1n] } }, "head is late");
  expect(lines).toHaveLength(1);
  const line: unknown = JSON.parse(lines[0] ?? "");
  expect(line).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    level: "warn",
    module: "feed",
    block: 5,
    profit: "1180591620717411303424",
    nested: { list: ["1"] },
    msg: "head is late",
  });
});

test("below its level a call neither writes nor reads its facts", () => {
  const { logger, lines } = open("info");
  const facts = {
    get dear(): number {
      throw new Error("was read");
    },
  };
  logger.debug(facts, "unheard");
  logger.trace(facts, "unheard");
  expect(lines).toEqual([]);
});

test("secrets do not reach a line, by name, by wrapper, in a URL or in an error's text", () => {
  const { logger, lines } = open("trace");
  const url = `wss://user:${CANARY}@node.example.org/v2/${CANARY}?key=${CANARY}`;
  const cause = new PlainError(78, `no answer from ${url}`);
  logger.error(
    {
      url,
      urls: new Set([url]),
      privateKey: CANARY,
      private_key: CANARY,
      apiKey: CANARY,
      auth_key: CANARY,
      password: CANARY,
      headers: { Authorization: CANARY },
      rawTransaction: CANARY,
      key: secret(CANARY),
      err: Object.assign(new Error(`POST ${url} failed`, { cause }), { details: { url, amount: 7n } }),
    },
    "connection lost",
  );
  expect(lines[0]).not.toContain(CANARY);
  expect(lines[0]).toContain("wss://node.example.org/…");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    url: "wss://node.example.org/…",
    privateKey: "[secret]",
    key: "[secret]",
    err: {
      type: "Error",
      message: "POST wss://node.example.org/… failed",
      stack: expect.stringContaining("logger.test.ts"),
      details: { amount: "7" },
      cause: { type: "PlainError", exitCode: 78, message: "no answer from wss://node.example.org/…" },
    },
  });
});

test("what a reader needs stays: tokens, addresses, plain hosts", () => {
  const { logger, lines } = open("info");
  const facts = { token: "0x01", url: "http://127.0.0.1:8545", key: "cycle-1" };
  logger.info(facts, "pool admitted");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject(facts);
});

test("hostile text is one line, and a circle or a deep nest ends", () => {
  const { logger, lines } = open("info");
  const circle: Record<string, unknown> = { symbol: "A\n\u001B[2J{}" };
  circle["self"] = circle;
  logger.info(circle, "token refused");
  expect(lines).toHaveLength(1);
  expect(lines[0]?.trimEnd()).not.toMatch(/[\p{Cc}]/u);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ symbol: "A\n\u001B[2J{}" });
});
