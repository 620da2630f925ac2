import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeDeployData } from "viem";
import { z } from "zod";
import { startDevnet, type Devnet } from "../../devnet/devnet.ts";
import { executorAbi } from "../../src/chain/executorAbi.ts";
import type { Address, Hex } from "../../src/chain/types.ts";

/** The local Polygon with the executor on it, and a folder with the daemon's configuration. */
export interface Stage {
  readonly devnet: Devnet;
  readonly executor: Address;
  /** Where profits go: nobody's key is needed for it. */
  readonly treasury: Address;
  readonly operator: { readonly address: Address; readonly privateKey: Hex };
  readonly configPath: string;
  readonly ledgerPath: string;
  strike(): Promise<void>;
}

const ROOT = join(import.meta.dirname, "../..");
const TREASURY: Address = "0x7ea5000000000000000000000000000000000001";

const artifact = z.object({
  bytecode: z.custom<Hex>((text) => typeof text === "string" && text.startsWith("0x")),
});

export async function setStage(options: { blockTimeMs: number; seed: number }): Promise<Stage> {
  const devnet = await startDevnet({ ...options, traders: true });
  const folder = mkdtempSync(join(tmpdir(), "turbo-mev-demo-"));
  try {
    const { owner, operator } = devnet.accounts;
    const file = join(ROOT, "contracts/artifacts/ArbExecutor.json");
    const { bytecode } = artifact.parse(JSON.parse(readFileSync(file, "utf8")));
    const args = [owner.address, TREASURY, operator.address] as const;
    const { address: executor } = await devnet.deploy(
      owner,
      encodeDeployData({ abi: executorAbi, bytecode, args }),
    );
    const ledgerPath = join(folder, "ledger.sqlite");
    const places = { node: devnet.wsUrl, relay: devnet.relayUrl, executor, ledger: ledgerPath };
    const configPath = join(folder, "demo.toml");
    writeFileSync(configPath, filled(readFileSync(join(ROOT, "config/demo.toml"), "utf8"), places));
    return {
      devnet,
      executor,
      treasury: TREASURY,
      operator,
      configPath,
      ledgerPath,
      strike: async () => {
        await devnet.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await devnet.stop();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The template with its braces filled; the values are ours and need no quoting. */
const filled = (template: string, places: Readonly<Record<string, string>>): string =>
  template.replace(/"\{(\w+)\}"/g, (_, name: string) => JSON.stringify(places[name] ?? ""));
