import { expect, test } from "vitest";
import { runPython, unittest } from "./python.ts";

test("the client keeps its promises against a server that breaks on purpose", async () => {
  expect(await unittest(["tests.test_client"])).not.toContain("skipped");
});

test("the folder is a package that pip installs without network", async () => {
  expect(await unittest(["tests.test_package"])).toContain("OK");
});

test("its types hold, where mypy is there to say so", async ({ skip }) => {
  if ((await runPython(["-c", "import mypy"])).code !== 0) skip("no mypy here");
  const run = await runPython(["-m", "mypy", "--strict", "--cache-dir=/dev/null", "."]);
  expect(run).toMatchObject({ code: 0 });
});
