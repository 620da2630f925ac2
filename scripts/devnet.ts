import { parseArgs } from "node:util";
import { startDevnet } from "../devnet/devnet.ts";
import type { Devnet } from "../devnet/devnet.ts";

const USAGE = `The local Polygon: real AMM contracts at their real addresses, traders, relay, Bor's ordering.

  npm run devnet -- [options]

  --block-time MS    time between blocks, default 1500
  --seed N           of traders and faults, default 7
  --port N           JSON-RPC over HTTP and WebSocket, default 8545
  --relay-port N     relay, default 8546
  --no-traders       a quiet market
  --competitor       a rival searcher takes part
  --json             print one JSON line instead of a page
  --help
`;

const OPTIONS = {
  "block-time": { type: "string", default: "1500" },
  seed: { type: "string", default: "7" },
  port: { type: "string", default: "8545" },
  "relay-port": { type: "string", default: "8546" },
  "no-traders": { type: "boolean", default: false },
  competitor: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

class UsageError extends Error {}

function whole(name: string, text: string, [least, most]: readonly [number, number]): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new UsageError(`--${name} wants a whole number from ${least} to ${most}, not ${text}`);
  }
  return value;
}

function readOptions() {
  try {
    return parseArgs({ options: OPTIONS, strict: true }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

const facts = (devnet: Devnet) => ({
  chainId: devnet.chainId,
  httpUrl: devnet.httpUrl,
  wsUrl: devnet.wsUrl,
  relayUrl: devnet.relayUrl,
  anvilPid: devnet.anvilPid,
  accounts: Object.values(devnet.accounts).map(({ name, address, privateKey }) => ({
    name,
    address,
    privateKey,
  })),
  tokens: devnet.tokens.map(({ address, symbol, decimals }) => ({ address, symbol, decimals })),
  pools: devnet.pools,
});

function page(devnet: Devnet): string {
  const { httpUrl, wsUrl, relayUrl, accounts, tokens, pools } = facts(devnet);
  return [
    "",
    `  JSON-RPC   ${httpUrl}`,
    `  WebSocket  ${wsUrl}`,
    `  Relay      ${relayUrl}   (eth_sendBundle, eth_callBundle, eth_cancelBundle)`,
    "",
    "  Accounts (public keys to the world: for this chain only)",
    ...accounts.map(({ name, address, privateKey }) => `    ${name.padEnd(13)} ${address}  ${privateKey}`),
    "",
    "  Tokens",
    ...tokens.map(
      ({ symbol, address, decimals }) => `    ${symbol.padEnd(8)} ${address}  ${decimals} decimals`,
    ),
    "",
    `  Pools (${pools.length})`,
    ...pools.map(({ dex, symbols, feePpm, address, usd }) => {
      const fee = feePpm === null ? "moving" : `${feePpm / 10_000} %`;
      const depth = `$${Math.round((usd * 2) / 1000)}k`;
      return `    ${dex.padEnd(13)} ${symbols.join("/").padEnd(13)} ${fee.padEnd(7)} ${address}  ${depth}`;
    }),
    "",
    "  Ctrl-C ends it.",
    "",
  ].join("\n");
}

async function main(): Promise<void> {
  const given = readOptions();
  if (given.help) {
    process.stdout.write(USAGE);
    return;
  }
  const devnet = await startDevnet({
    blockTimeMs: whole("block-time", given["block-time"], [100, 3_600_000]),
    seed: whole("seed", given.seed, [0, 4_294_967_295]),
    port: whole("port", given.port, [0, 65_535]),
    relayPort: whole("relay-port", given["relay-port"], [0, 65_535]),
    traders: !given["no-traders"],
    competitor: given.competitor,
  });
  const ended = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => {
        resolve();
      });
    }
  });
  process.stdout.write(given.json ? `${JSON.stringify(facts(devnet))}\n` : page(devnet));
  try {
    await Promise.race([ended, devnet.broken]);
  } finally {
    await devnet.stop();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`devnet: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 64 : 1;
});
