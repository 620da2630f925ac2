import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { kernelFiles } from "../../../kernel/compile.ts";

test("the committed modules are what the sources compile to, byte for byte", () => {
  const stale = kernelFiles().filter(([file, text]) => readFileSync(file, "utf8") !== text);
  expect(
    stale.map(([file]) => file),
    "stale: npm run build:kernel",
  ).toEqual([]);
});
