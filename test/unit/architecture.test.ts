import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

/** The house, bottom to top: a folder imports only what stands left of it, and itself. */
const ROOMS = [
  "lib",
  "telemetry",
  "chain",
  "amm",
  "market",
  "mempool",
  "search",
  "engine",
  "feed",
  "execution",
  "ledger",
  "control",
  "app",
  "cli",
];
/** Rooms of the deterministic middle: no promise, clock, logger, environment or randomness. */
const PURE = ["amm", "market", "mempool", "search", "engine"];
const SRC = join(import.meta.dirname, "../../src");

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => ({ file, room: file.split("/")[0] ?? "", text: readFileSync(join(SRC, file), "utf8") }));

const importedRooms = (file: string, text: string): string[] =>
  [...text.matchAll(/from\s+"(\.[^"]+)"/g)].map(
    ([, target]) => join(file, "..", target ?? "").split("/")[0] ?? "",
  );

test("every folder of src is a room of the house", () => {
  expect(files.map(({ room }) => room).filter((room) => room !== "main.ts" && !ROOMS.includes(room))).toEqual(
    [],
  );
});

test("imports only go down the house", () => {
  const upward = files
    .filter(({ room }) => room !== "main.ts")
    .flatMap(({ file, room, text }) =>
      importedRooms(file, text)
        .filter((target) => ROOMS.indexOf(target) > ROOMS.indexOf(room))
        .map((target) => `${file} imports ${target}`),
    );
  expect(upward).toEqual([]);
});

test("the middle is pure", () => {
  const impure =
    /\basync\b|\bawait\b|\bPromise\b|Date\.now|performance\.|process\.|Math\.random|setTimeout|setInterval|console\.|from "node:(?!buffer)/;
  const found = files
    .filter(({ room }) => PURE.includes(room))
    .flatMap(({ file, text }) =>
      text
        .split("\n")
        .map((line, i) => ({ line, at: `${file}:${i + 1}` }))
        .filter(({ line }) => !/^\s*(\/\/|\*|\/\*)/.test(line) && impure.test(line))
        .map(({ at, line }) => `${at} ${line.trim()}`),
    );
  expect(found).toEqual([]);
});
