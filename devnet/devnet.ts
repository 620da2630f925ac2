import { z } from "zod";
import type { Address, Hash, Hex } from "../src/chain/types.ts";
import { namedAccounts, traderAccounts } from "./accounts.ts";
import type { DevAccount, NamedAccounts } from "./accounts.ts";
import { startAnvil } from "./anvil.ts";
import { loadArtifacts } from "./artifacts.ts";
import { readLatestBlock } from "./block.ts";
import type { DevBlock, DevReceipt } from "./block.ts";
import { createChain } from "./chain.ts";
import type { Chain, DevStats, ReorgOptions } from "./chain.ts";
import { startCompetitor } from "./competitor.ts";
import { createFaults } from "./faults.ts";
import type { Faults } from "./faults.ts";
import type { FlowMarket } from "./flow/order.ts";
import { MARKET_AGE_SECONDS, makeGenesis } from "./genesis.ts";
import { AddressText } from "./hex.ts";
import { pricedTokens } from "./market.ts";
import type { PricedToken } from "./market.ts";
import { createMiner } from "./miner.ts";
import type { BlockGuest } from "./miner.ts";
import { startNode } from "./node.ts";
import type { DevPool } from "./pools.ts";
import { readRegistry } from "./registry.ts";
import type { DevRegistry } from "./registry.ts";
import { startRelay } from "./relay.ts";
import { readTransaction } from "./transaction.ts";
import { connectRpc } from "./rpc.ts";
import type { Rpc } from "./rpc.ts";
import { CHAIN_ID, nonceOf, sign } from "./signing.ts";
import type { Call, Fees } from "./signing.ts";
import { startTraders } from "./traders.ts";

const GWEI = 1_000_000_000n;
/** First block's time when blocks are made by hand, so that every run has the same chain. */
const STILL_TIME = 1_790_000_000;
const STILL_SECONDS_PER_BLOCK = 2;

export interface DevnetOptions {
  /** Milliseconds between blocks, or null: blocks only by `build()`, timestamps 2 s apart. Default null. */
  readonly blockTimeMs?: number | null;
  /** Of traders and faults; default 7. */
  readonly seed?: number;
  /** Noise traders in their own process; default false. */
  readonly traders?: boolean;
  /** Names of flow kinds, or of routers (`universal`): the traders open only such trades. Default: all. */
  readonly flow?: readonly string[];
  /** A rival searcher that takes two-pool V2 arbitrages by paying more; default false. */
  readonly competitor?: boolean;
  /** Ports of node and relay; 0 (default) takes free ones. */
  readonly port?: number;
  readonly relayPort?: number;
  /** Wei; default 30 gwei. */
  readonly baseFee?: bigint;
  /** Seconds; the time of the chain's start. Default: fixed with hand-made blocks, else now. */
  readonly startTimestamp?: number;
}

/** A running local Polygon. */
export interface Devnet {
  readonly chainId: typeof CHAIN_ID;
  readonly httpUrl: string;
  readonly wsUrl: string;
  readonly relayUrl: string;
  readonly anvilPid: number;
  readonly accounts: NamedAccounts;
  readonly tokens: readonly PricedToken[];
  readonly pools: readonly DevPool[];
  readonly registry: DevRegistry;
  /** What the calls of `flow/` are made from. */
  readonly market: FlowMarket;
  readonly faults: Faults & {
    /** Node frozen: it accepts connections and answers nothing until `thaw`. */
    freeze(): void;
    thaw(): void;
    /** Node down: connections break, the port refuses, until `up` opens the same port. */
    down(): Promise<void>;
    up(): Promise<void>;
    /** Node down for that long, then back on the same port; resolves when it listens again. */
    kill(forMs: number): Promise<void>;
  };
  readonly stats: DevStats & { lateBatches: number };
  head(): DevBlock;
  /** Makes `count` blocks (default 1) and gives the last one. */
  build(count?: number): Promise<DevBlock>;
  /** Resolves with the next block that anyone makes. */
  nextBlock(): Promise<DevBlock>;
  /** Blocks by the clock: switched on from the start with `blockTimeMs`. */
  startMining(everyMs: number): void;
  stopMining(): Promise<void>;
  reorg(depth: number, options?: ReorgOptions): Promise<readonly DevBlock[]>;
  setBaseFee(wei: bigint): void;
  readonly rpc: (method: string, params?: readonly unknown[]) => Promise<unknown>;
  /** Sends a signed transaction to the public pool; gives its hash. */
  send(raw: Hex): Promise<Hash>;
  /** Signs with the account's next pending nonce and sends. */
  transact(account: DevAccount, call: Call, fees?: Fees): Promise<Hash>;
  /** Deploys by a signed transaction in a block of its own; throws when the constructor reverts. */
  deploy(
    account: DevAccount,
    initCode: Hex,
  ): Promise<{ readonly address: Address; readonly receipt: DevReceipt }>;
  /** Never resolves; rejects when the clock could make no more blocks. Whoever mines by the clock watches it. */
  readonly broken: Promise<never>;
  stop(): Promise<void>;
}

const ContractAddress = z.object({ contractAddress: AddressText });

const clock = (): number => Math.floor(Date.now() / 1000);

/** Seconds of the next header: two more in still mode; else the wall clock's, never going back. */
const nextTimestamp =
  (still: boolean) =>
  (last: DevBlock): number =>
    still ? last.timestamp + STILL_SECONDS_PER_BLOCK : Math.max(last.timestamp, clock());

/** What acts on the chain for tests and demo, apart from the ports. */
function createActs(
  chain: Chain,
  rpc: (method: string, params?: readonly unknown[]) => Promise<unknown>,
  build: () => Promise<DevBlock>,
) {
  const asRpc: Rpc = { request: rpc, close: () => Promise.resolve() };
  const send = async (raw: Hex): Promise<Hash> =>
    z.custom<Hash>((hash) => typeof hash === "string").parse(await rpc("eth_sendRawTransaction", [raw]));
  const transact = async (account: DevAccount, call: Call, fees?: Fees): Promise<Hash> =>
    send(await sign(account, await nonceOf(asRpc, account.address, "pending"), call, fees));
  return {
    send,
    transact,
    async deploy(account: DevAccount, initCode: Hex) {
      const nonce = await chain.pendingNonce(account.address);
      const raw = await sign(account, nonce, { to: null, data: initCode, gas: 15_000_000n });
      const tx = await readTransaction(raw);
      // Not by the port: its cap of 1 POL would forbid a large contract.
      await chain.submit(tx);
      const block = await build();
      const receipt = block.transactions.find((one) => one.hash === tx.hash);
      if (receipt?.ok !== true) throw new Error(`the deployment ${tx.hash} did not succeed`);
      const json = await chain.read("eth_getTransactionReceipt", [tx.hash]);
      return { address: ContractAddress.parse(json).contractAddress, receipt };
    },
  };
}

/** Starts the whole local Polygon: anvil, contracts, markets, node, relay and, if wanted, traders. */
export async function startDevnet(options: DevnetOptions = {}): Promise<Devnet> {
  const { blockTimeMs = null, seed = 7, port = 0, relayPort = 0, baseFee = 30n * GWEI } = options;
  const still = blockTimeMs === null;
  const start = options.startTimestamp ?? (still ? STILL_TIME : clock());
  const ends: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).toReversed()) await end();
  };
  try {
    const anvil = await startAnvil([`--timestamp=${start - MARKET_AGE_SECONDS}`]);
    ends.push(() => anvil.stop());
    // Its process comes up while the contracts are planted.
    const noise = options.traders === true ? startTraders(seed, options.flow) : null;
    if (noise !== null) ends.push(noise.stop);
    const rpc = await connectRpc(anvil.wsUrl);
    ends.push(() => rpc.close());
    const registry = readRegistry();
    const tokens = pricedTokens(registry);
    const accounts = namedAccounts();
    const traders = traderAccounts();
    const artifacts = loadArtifacts();
    const pools = await makeGenesis({ rpc, registry, artifacts, tokens, accounts, traders, start });
    const genesis = await readLatestBlock(rpc, []);
    const chain = createChain({ baseFee, nextTimestamp: nextTimestamp(still) }, { rpc, genesis });
    const faults = createFaults(seed);
    const node = await startNode({ port, clientVersion: "bor/devnet" }, { chain, faults });
    ends.push(() => node.stop());
    const relay = await startRelay({ port: relayPort }, { chain, faults });
    ends.push(() => relay.stop());
    const firstBlock = genesis.number + 1;
    const spreadMs = (blockTimeMs ?? 0) / 2;
    const market = { registry, tokens, pools: pools.map(({ address }) => address) };
    const guests: BlockGuest[] = [];
    const invite = (guest: BlockGuest): void => {
      guests.push(guest);
      ends.push(guest.stop);
    };
    if (noise !== null) invite(await noise.enter({ firstBlock, pools: market.pools, spreadMs }, chain));
    if (options.competitor === true) {
      const { wrapped } = registry;
      invite(startCompetitor({ chain, pools, tokens, account: accounts.rival, wrapped }));
    }
    const miner = createMiner(chain, guests);
    ends.push(miner.stop);
    if (blockTimeMs !== null) miner.start(blockTimeMs);
    const acts = createActs(chain, node.request, miner.build);
    return {
      chainId: CHAIN_ID,
      anvilPid: anvil.pid,
      httpUrl: `http://127.0.0.1:${node.gate.port}`,
      wsUrl: `ws://127.0.0.1:${node.gate.port}`,
      relayUrl: `http://127.0.0.1:${relay.gate.port}`,
      accounts,
      tokens,
      pools,
      registry,
      market,
      faults: {
        ...faults,
        freeze: node.gate.freeze,
        thaw: node.gate.thaw,
        down: node.gate.down,
        up: node.gate.up,
        kill: node.gate.kill,
      },
      get stats() {
        return { ...chain.stats, ...miner.counts };
      },
      head: chain.head,
      async build(count = 1) {
        for (let i = 1; i < count; i++) await miner.build();
        return miner.build();
      },
      broken: miner.broken,
      nextBlock: chain.nextBlock,
      startMining: miner.start,
      stopMining: miner.stop,
      reorg: chain.reorg,
      setBaseFee: chain.setBaseFee,
      rpc: node.request,
      ...acts,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
