import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { kernelFile } from "../../../kernel/compile.ts";

test("the committed module is what the source compiles to, byte for byte", () => {
  const [file, text] = kernelFile();
  expect(readFileSync(file, "utf8") === text, "the kernel is stale: npm run build:kernel").toBe(true);
});
