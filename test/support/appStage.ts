import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "smol-toml";
import { encodeDeployData } from "viem";
import { z } from "zod";
import { startDevnet, type Devnet, type DevnetOptions } from "../../devnet/devnet.ts";
import { executorAbi } from "../../src/chain/executorAbi.ts";
import type { Address, Hex } from "../../src/chain/types.ts";
import { buildDaemon } from "./appBuild.ts";
import { startDaemonProcess, type DaemonExit, type DaemonProcess, type LogLine } from "./appDaemon.ts";
import { swapCall } from "./devnetSwaps.ts";

type Table = Readonly<Record<string, unknown>>;

/** A configuration as data, one level of tables deep. */
export type ConfigChanges = Readonly<Record<string, unknown>>;

/** The local Polygon, the executor on it, the built daemon and a folder for its files. */
export interface AppStage {
  readonly devnet: Devnet;
  readonly executor: Address;
  readonly treasury: Address;
  readonly main: string;
  readonly folder: string;
  /** Writes a configuration file; tables in `changes` are merged, null takes a key away. */
  config(changes?: ConfigChanges): { readonly path: string; readonly ledger: string };
  /** What `live` needs, for `config`. */
  readonly live: ConfigChanges;
  /** Starts the daemon in `live` with the operator's key (or `env`'s). */
  startLive(config: { readonly path: string }, env?: Readonly<Record<string, string>>): DaemonProcess;
  startObserving(config: { readonly path: string }, env?: Readonly<Record<string, string>>): DaemonProcess;
  /** Ends of the daemons that are still up. */
  endAll(): Promise<readonly DaemonExit[]>;
  /** Waits until the pools are loaded, gives it a block, and waits until it is ready. */
  untilReady(daemon: DaemonProcess): Promise<void>;
  /**
   * Leaves arbitrages behind until a channel takes the plan for one; gives the intent's id. On a loaded machine the
   * daemon may well miss a deadline of its own first.
   */
  untilSent(daemon: DaemonProcess): Promise<string>;
  /** A user's swap that leaves an arbitrage behind, in a block of its own; gives the block's number. */
  unbalance(usd?: number): Promise<number>;
  stop(): Promise<void>;
}

export const KEY_NAME = "TURBO_MEV_TEST_KEY";
const TREASURY: Address = "0x7ea5000000000000000000000000000000000003";
const ARTIFACT = join(import.meta.dirname, "../../contracts/artifacts/ArbExecutor.json");
const artifact = z.object({
  bytecode: z.custom<Hex>((text) => typeof text === "string" && text.startsWith("0x")),
});

const isTable = (value: unknown): value is Table =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function merged(base: Table, changes: Table): Table {
  const result: Record<string, unknown> = { ...base };
  for (const [key, change] of Object.entries(changes)) {
    const old = result[key];
    if (change === null) delete result[key];
    else result[key] = isTable(change) && isTable(old) ? merged(old, change) : change;
  }
  return result;
}

async function deployExecutor(devnet: Devnet): Promise<Address> {
  const { owner, operator } = devnet.accounts;
  const { bytecode } = artifact.parse(JSON.parse(readFileSync(ARTIFACT, "utf8")));
  const args = [owner.address, TREASURY, operator.address] as const;
  const initCode = encodeDeployData({ abi: executorAbi, bytecode, args });
  return (await devnet.deploy(owner, initCode)).address;
}

const MOST_TRIES = 10;

/** The plan with that id was accepted by a channel, or came to its end before. */
function endsOrArrives({ message, facts }: LogLine, prefix: string): boolean {
  if (message === "outcome") return String(facts["intentId"]).startsWith(prefix);
  const accepted = message === "channel answered" && facts["result"] === "accepted";
  return accepted && String(facts["intent"]).startsWith(prefix);
}

/** Blocks by hand, timestamps from now on, so that they are fresh to the daemon's eyes. */
export async function startAppStage(options: DevnetOptions = {}): Promise<AppStage> {
  const built = buildDaemon();
  const devnet = await startDevnet({ startTimestamp: Math.floor(Date.now() / 1000), ...options });
  const folder = mkdtempSync(join(tmpdir(), "turbo-mev-app-"));
  const executor = await deployExecutor(devnet);
  const daemons: DaemonProcess[] = [];
  let files = 0;

  const base = {
    chain: 137,
    mode: "observe",
    // However long the test takes between two blocks, the chain counts as fresh.
    node: { ws: devnet.wsUrl, stale_after_ms: 3_600_000 },
    // Enough for an arbitrage, and loaded in no time.
    market: { dexes: ["quickswap_v2", "sushiswap_v2"], bases: ["WPOL", "USDC.e"], max_hops: 2 },
    log: { level: "debug" },
    // No sockets unless a test wants them: whoever runs it may have a daemon of his own.
    control: { dir: "" },
  };
  const live: ConfigChanges = {
    mode: "live",
    executor: { address: executor },
    signer: { key: `env:${KEY_NAME}` },
    channels: [{ type: "flashbots", name: "relay", url: devnet.relayUrl }],
    // Fates are waited for: nobody undoes these blocks.
    landing: { confirmations: 2 },
  };
  const start = (args: readonly string[], env: Readonly<Record<string, string>>): DaemonProcess => {
    const daemon = startDaemonProcess({ main: built.main, args, env });
    daemons.push(daemon);
    void daemon.exited.then(() => daemons.splice(daemons.indexOf(daemon), 1));
    return daemon;
  };
  const endAll = (): Promise<readonly DaemonExit[]> =>
    Promise.all(
      daemons.map((daemon) => {
        daemon.kill("SIGKILL");
        return daemon.exited;
      }),
    );

  const unbalance = async (usd = 20_000): Promise<number> => {
    const { alice } = devnet.accounts;
    await devnet.transact(alice, swapCall(devnet, alice, { from: "USDC.e", to: "WPOL", usd }));
    return (await devnet.build()).number;
  };

  return {
    devnet,
    executor,
    treasury: TREASURY,
    main: built.main,
    folder,
    live,
    config: (changes = {}) => {
      const name = join(folder, `${++files}`);
      const whole = merged({ ...base, ledger: { path: `${name}.sqlite` } }, changes);
      writeFileSync(`${name}.toml`, stringify(whole));
      return { path: `${name}.toml`, ledger: `${name}.sqlite` };
    },
    startLive: ({ path }, env = { [KEY_NAME]: devnet.accounts.operator.privateKey }) =>
      start(["run", "--config", path, "--live"], env),
    startObserving: ({ path }, env = {}) => start(["run", "--config", path], env),
    endAll,
    untilReady: async (daemon) => {
      await daemon.line("pools loaded");
      await devnet.build();
      await daemon.ready;
    },
    untilSent: async (daemon) => {
      for (let tries = 1; tries <= MOST_TRIES; tries++) {
        const prefix = `${(await unbalance()) + 1}-`;
        const { message, facts } = await daemon.find((line) => endsOrArrives(line, prefix));
        if (message === "channel answered") return String(facts["intent"]);
      }
      throw new Error(`no plan was taken in ${MOST_TRIES} tries:\n${daemon.stderr().slice(-4000)}`);
    },
    unbalance,
    stop: async () => {
      await endAll();
      await devnet.stop();
      rmSync(folder, { recursive: true, force: true });
      built.remove();
    },
  };
}
