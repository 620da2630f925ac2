import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { startAnvil } from "../../../devnet/anvil.ts";
import { connectRpc } from "../../../devnet/rpc.ts";

const home = mkdtempSync(join(tmpdir(), "turbo-mev-home-"));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

test("a long chain leaves no states in the home folder, and can be taken back 256 blocks", async () => {
  vi.stubEnv("HOME", home);
  const anvil = await startAnvil();
  const rpc = await connectRpc(anvil.wsUrl);
  for (let i = 0; i < 600; i++) await rpc.request("evm_mine");
  await rpc.request("anvil_rollback", [256]);
  expect(await rpc.request("eth_blockNumber")).toBe("0x158");
  await rpc.request("evm_mine");
  await rpc.close();
  await anvil.stop();
  const left = readdirSync(home, { recursive: true, withFileTypes: true });
  expect(left.filter((entry) => entry.isFile())).toEqual([]);
});
