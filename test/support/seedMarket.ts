import type { PoolState } from "../../src/amm/poolState.ts";
import type { Address, Pool, Token } from "../../src/chain/types.ts";
import type { SeedPorts } from "../../src/control/seed/seedDesk.ts";
import type { Decision } from "../../src/engine/decisions.ts";
import { createEngine, type Engine } from "../../src/engine/engine.ts";
import type { EngineEvent } from "../../src/engine/events.ts";
import { createPrices } from "../../src/search/prices.ts";
import { committed, engineOptions, header, synced } from "./marketFixture.ts";

/** The brain's door over a real engine with a made-up market. */
export interface SeedStage {
  readonly ports: SeedPorts;
  readonly engine: Engine;
  /** All that the engine was told by the desk. */
  readonly events: readonly EngineEvent[];
  /** Loads other pools, as a resync does. */
  readonly load: (entries: readonly StageEntry[]) => void;
}

export interface StageEntry {
  readonly pool: Pool;
  readonly state: PoolState | null;
}

export interface SeedStageOptions {
  readonly tokens: readonly Token[];
  readonly dexes: readonly string[];
  /** The wrapped native token first. */
  readonly bases: readonly Address[];
  readonly usd: readonly Address[];
  readonly entries: readonly StageEntry[];
  /** Wei of native. */
  readonly minProfit?: bigint;
}

export const tokenOf = (address: Address, symbol: string, decimals = 18, taxed = false): Token => ({
  address,
  symbol,
  decimals,
  taxed,
});

export function seedStage(options: SeedStageOptions): SeedStage {
  const { bases } = options;
  const [wrappedNative = "0x"] = bases;
  const tokens = new Map(options.tokens.map((token) => [token.address, token]));
  const plain = engineOptions(options.minProfit ?? 10n ** 15n, 3);
  const isTaxed = (token: Address): boolean => tokens.get(token)?.taxed ?? false;
  const search = { ...plain.search, bases, wrappedNative, isTaxed };
  const engine = createEngine({ ...plain, search });
  const events: EngineEvent[] = [];
  let block = 1;
  let prices = createPrices({ bases, wrappedNative }, []);
  const load = (entries: readonly StageEntry[]): void => {
    engine.step(synced(header(block++), entries));
    engine.step(committed(header(block++), []));
    prices = createPrices(
      { bases, wrappedNative },
      entries.map(({ pool }) => pool),
    );
  };
  load(options.entries);
  const take = (event: EngineEvent): readonly Decision[] => {
    events.push(event);
    return engine.step(event);
  };
  return {
    engine,
    events,
    load,
    ports: {
      market: engine.market,
      tokens,
      dexes: options.dexes,
      usd: options.usd,
      valuer: () => prices.at(engine.market),
      take,
    },
  };
}
