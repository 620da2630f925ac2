import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseConfig } from "../../../src/app/configFile.ts";
import { EXIT, PlainError } from "../../../src/lib/errors.ts";

const MINIMAL = '[node]\nws = "ws://127.0.0.1:8546"\n';

const faultOf = (text: string): string => {
  try {
    parseConfig(text, "x.toml");
  } catch (error) {
    if (!(error instanceof PlainError)) throw error;
    expect(error.exitCode).toBe(EXIT.config);
    return error.message;
  }
  throw new Error("accepted");
};

test("defaults observe only", () => {
  const config = parseConfig(MINIMAL, "x.toml");
  expect(config.mode).toBe("observe");
  expect(config.chain).toBe(137);
  expect(config.profit.min_net_native).toBe("0.01");
});

test("a typo in a key names its line and the key it resembles", () => {
  expect(faultOf('[node]\nwss = "ws://127.0.0.1:8546"\n')).toContain(
    'x.toml:2 node.wss: unknown key (did you mean "ws"?)',
  );
  expect(faultOf('[node]\nwss = "ws://127.0.0.1:8546"\n')).toContain(
    "node.ws: expected string, found nothing",
  );
});

test("a typo in a value names the choices", () => {
  expect(faultOf(`mode = "lvie"\n${MINIMAL}`)).toContain(
    'x.toml:1 mode: is not one of observe | dry-run | live (did you mean "live"?)',
  );
});

test("all faults are told at once", () => {
  const message = faultOf('mode = "lvie"\n[node]\nws = "http://x"\n[profit]\nmin_net_native = 5\n');
  expect(message).toContain("x.toml:1 mode");
  expect(message).toContain("x.toml:3 node.ws: must be a URL that starts with ws:// or wss://");
  expect(message).toContain("x.toml:5 profit.min_net_native");
  expect(message).toContain("3 problems");
});

test("broken TOML names line and column", () => {
  expect(faultOf("mode = \n")).toMatch(/^x\.toml:1:\d+ /);
});

test("live needs an executor, a key and a channel", () => {
  const message = faultOf(`mode = "live"\n${MINIMAL}`);
  expect(message).toContain("executor.address");
  expect(message).toContain("signer.key");
  expect(message).toContain("channels");
});

test("a key in clear text is refused, and not repeated", () => {
  const key = `0x${"ab".repeat(32)}`;
  const message = faultOf(`${MINIMAL}[signer]\nkey = "${key}"\n`);
  expect(message).toContain("must name a secret");
  expect(message).not.toContain(key);
});

test("two channels of one name are refused", () => {
  const channel = '[[channels]]\ntype = "private"\nurl = "https://x.example"\n';
  const config = '[executor]\naddress = "0x1111111111111111111111111111111111111111"\n';
  expect(faultOf(MINIMAL + config + channel + channel)).toContain('two are named "private"');
});

test("the shipped configuration is sound and observes", () => {
  const file = new URL("../../../config/polygon.toml", import.meta.url);
  expect(parseConfig(readFileSync(file, "utf8"), "polygon.toml").mode).toBe("observe");
});
