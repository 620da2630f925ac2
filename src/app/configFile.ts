import { readFileSync } from "node:fs";
import { parse, TomlError } from "smol-toml";
import type { z } from "zod";
import { EXIT, PlainError } from "../lib/errors.ts";
import { configSchema, type Config } from "./config.ts";

/** Reads and validates a TOML file; all faults at once, each with its line; throws `PlainError` with exit 78. */
export function loadConfig(path: string): Config {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new PlainError(EXIT.config, `cannot read the configuration ${path}: ${reason(cause)}`, cause);
  }
  return parseConfig(text, path);
}

/** As `loadConfig`, from text; `path` is only for the messages. */
export function parseConfig(text: string, path: string): Config {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (cause) {
    const at = cause instanceof TomlError ? `:${cause.line}:${cause.column}` : "";
    const first = reason(cause).split("\n")[0] ?? "";
    throw new PlainError(EXIT.config, `${path}${at} ${first}`, cause);
  }
  const parsed = configSchema.safeParse(raw);
  if (parsed.success) return checked(parsed.data, path);
  const faults = parsed.error.issues.flatMap((issue) => faultLines(issue, text, path));
  const count = faults.length === 1 ? "1 problem" : `${faults.length} problems`;
  throw new PlainError(EXIT.config, [...faults, count].join("\n"));
}

/** Rules that need more than one key. */
function checked(config: Config, path: string): Config {
  const faults: string[] = [];
  if (config.mode !== "observe" && config.executor === undefined) {
    faults.push(`${path} executor.address: missing; mode "${config.mode}" needs the executor contract`);
  }
  if (config.mode === "live" && config.signer === undefined) {
    faults.push(`${path} signer.key: missing; mode "live" needs a key, e.g. key = "env:EXECUTOR_KEY"`);
  }
  if (config.mode === "live" && config.channels.length === 0) {
    faults.push(`${path} channels: missing; mode "live" needs at least one [[channels]] to send through`);
  }
  for (const { name } of config.channels.filter(
    ({ type }) => type === "public" && !config.submission.public,
  )) {
    faults.push(
      `${path} channels: "${name}" is public, so everybody sees a plan before it is mined; if that is meant, write [submission] public = true`,
    );
  }
  if (config.http.enabled && config.http.auth === undefined) {
    faults.push(
      `${path} http.auth: missing; name a secret that clients must send, e.g. auth = "env:HTTP_TOKEN", or write auth = "none"`,
    );
  }
  const names = config.channels.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) faults.push(`${path} channels: two are named "${twice}"`);
  if (faults.length > 0) throw new PlainError(EXIT.config, faults.join("\n"));
  return config;
}

type Issue = z.core.$ZodIssue;

function faultLines(issue: Issue, text: string, path: string): readonly string[] {
  const where = (keys: readonly PropertyKey[]): string => `${path}${lineOf(text, keys)} ${keys.join(".")}`;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const near = nearest(key, keysAt(issue.path));
      return `${where([...issue.path, key])}: unknown key${near === null ? "" : ` (did you mean "${near}"?)`}`;
    });
  }
  if (issue.code === "invalid_value") {
    const given = valueAt(text, issue.path);
    const near = given === null ? null : nearest(given, issue.values.map(String));
    const hint = near === null ? "" : ` (did you mean "${near}"?)`;
    return [`${where(issue.path)}: is not one of ${issue.values.map(String).join(" | ")}${hint}`];
  }
  const message = issue.message
    .replace(/^Invalid input: /, "")
    .replace(/, received undefined$/, ", found nothing");
  return [`${where(issue.path)}: ${message}`];
}

/** Known keys of the table that an issue's path leads to. */
function keysAt(path: readonly PropertyKey[]): readonly string[] {
  let at: unknown = configSchema;
  for (const key of path) at = shapeOf(at)?.[String(key)];
  return Object.keys(shapeOf(at) ?? {});
}

function shapeOf(schema: unknown): Record<string, unknown> | null {
  if (typeof schema !== "object" || schema === null) return null;
  if ("shape" in schema && typeof schema.shape === "object" && schema.shape !== null) {
    return Object.fromEntries(Object.entries(schema.shape));
  }
  const unwrap = "unwrap" in schema && typeof schema.unwrap === "function" ? schema.unwrap : null;
  return unwrap === null ? null : shapeOf(unwrap.call(schema));
}

/** `:line` of a key in its table, or nothing when the file does not mention it. */
function lineOf(text: string, keys: readonly PropertyKey[]): string {
  const names = keys.filter((key) => typeof key === "string");
  const last = names.at(-1);
  const table = names.slice(0, -1).join(".");
  let current = "";
  for (const [i, line] of text.split("\n").entries()) {
    const header = /^\s*\[\[?\s*([\w.-]+)\s*\]/.exec(line);
    if (header !== null) current = header[1] ?? "";
    if (current === [table, last].filter(Boolean).join(".") && header !== null) return `:${i + 1}`;
    const assigned = /^\s*([\w-]+)\s*=/.exec(line);
    if (assigned?.[1] === last && current === table) return `:${i + 1}`;
  }
  return "";
}

function valueAt(text: string, path: readonly PropertyKey[]): string | null {
  const line = Number(lineOf(text, path).slice(1));
  const found = /=\s*"([^"]*)"/.exec(text.split("\n")[line - 1] ?? "");
  return found?.[1] ?? null;
}

/** The known word within two edits, or null. */
function nearest(word: string, known: readonly string[]): string | null {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .toSorted((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= 2 ? best.candidate : null;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

const reason = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
