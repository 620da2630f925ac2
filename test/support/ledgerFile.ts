import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** The path of a ledger in a directory of its own that goes when the test ends. */
export function ledgerPath(): string {
  const directory = mkdtempSync(join(tmpdir(), "turbo-mev-ledger-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, "ledger.db");
}
