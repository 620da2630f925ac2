import { loadConfig } from "../app/configFile.ts";
import { resolveMarket } from "../app/resolveMarket.ts";
import { loadRegistry } from "../chain/registry.ts";

/**
 * `turbo-mev config FILE`: the configuration with every default filled in, as JSON; secrets are references in it and
 * stay that. Throws `PlainError` (78) with all that is wrong.
 */
export function showConfig(file: string, out: { write(text: string): unknown }): void {
  const config = loadConfig(file);
  resolveMarket(config.market, loadRegistry(config.chain));
  out.write(`${JSON.stringify(config, null, 2)}\n`);
}
