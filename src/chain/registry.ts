import { readFileSync } from "node:fs";
import { z } from "zod";
import { EXIT, PlainError } from "../lib/errors.ts";
import type { Address, Hash, Token } from "./types.ts";

const address = z
  .string()
  .regex(/^0x[0-9a-f]{40}$/, "must be an address in lower case")
  .transform((text): Address => `0x${text.slice(2)}`);
const hash = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/, "must be 32 bytes in lower-case hex")
  .transform((text): Hash => `0x${text.slice(2)}`);
const feePpm = z.int().min(0).max(999_999);

const exchange = { name: z.string().min(1), factory: address, initCodeHash: hash, router: address };
const dex = z.discriminatedUnion("kind", [
  z.strictObject({ ...exchange, kind: z.literal("v2"), feePpm }),
  z.strictObject({
    ...exchange,
    kind: z.literal("v3"),
    feeTiers: z.array(z.strictObject({ feePpm, tickSpacing: z.int().min(1).max(16_383) })).min(1),
    quoter: address.optional(),
  }),
  /** `deployer` creates the pools, not the factory; one pool a pair. */
  z.strictObject({ ...exchange, kind: z.literal("algebra"), deployer: address, quoter: address.optional() }),
]);

const contract = { address, name: z.string().min(1) };
const dexName = z.string().min(1);
/** By what a router's calls look like. `dex`: the exchange (a name in `dexes`) whose pools it trades with. */
const router = z.discriminatedUnion("family", [
  /** UniswapV2Router02. */
  z.strictObject({ ...contract, family: z.literal("v2"), dex: dexName }),
  /** Uniswap's SwapRouter. */
  z.strictObject({ ...contract, family: z.literal("v3"), dex: dexName }),
  /** QuickSwap's SwapRouter. */
  z.strictObject({ ...contract, family: z.literal("algebra"), dex: dexName }),
  /**
   * Uniswap's SwapRouter02; without `dexV2` where it was deployed without a V2 factory, and `unsureV2` where it stood
   * before there was one, so that what its V2 swaps do is not certain.
   */
  z.strictObject({
    ...contract,
    family: z.literal("router02"),
    dexV2: dexName.nullable().default(null),
    dexV3: dexName,
    unsureV2: z.boolean().default(false),
  }),
  /**
   * Uniswap's Universal Router; `hopPrices` from 2.1.1 on, where swaps carry a least price for each hop; `takesCoins`
   * before 2.0, which refuses native coins from all but the wrapped coin.
   */
  z.strictObject({
    ...contract,
    family: z.literal("universal"),
    dexV2: dexName.nullable().default(null),
    dexV3: dexName,
    hopPrices: z.boolean().default(false),
    takesCoins: z.boolean().default(false),
  }),
  /** Aggregators: only a simulation tells what a call does. */
  z.strictObject({ ...contract, family: z.literal("opaque") }),
]);

const registrySchema = z.strictObject({
  schema: z.literal("chain-registry/1"),
  chainId: z.int().positive(),
  name: z.string().min(1),
  native: z.strictObject({ symbol: z.string().min(1), wrapped: address }),
  /** Tokens that count as one US dollar. */
  usd: z.array(address),
  /** Tokens that a cycle may start from, the preferred one first. */
  bases: z.array(address).min(1),
  chain: z.strictObject({
    blockTimeMs: z.int().positive(),
    baseFeeMaxChangePct: z.number().positive(),
    minTipGwei: z.int().min(0),
    txFeeCapNative: z.string().regex(/^\d+(\.\d+)?$/),
    txGasCap: z.int().positive(),
    coldSloadExtraGas: z.int().min(0),
  }),
  multicall3: address,
  tokens: z.array(
    z.strictObject({
      address,
      symbol: z.string().min(1),
      decimals: z.int().min(0).max(255),
      taxed: z.boolean().default(false),
    }),
  ),
  dexes: z.array(dex),
  routers: z.array(router),
});

/** An exchange: where its pools come from, and what they cost. */
export type Dex = z.output<typeof dex>;

/** A contract that users call to swap, and how its calls are read. */
export type Router = z.output<typeof router>;

/** What the product knows of a chain by itself: tokens, exchanges, and the rules of its blocks. */
export type ChainRegistry = Omit<z.output<typeof registrySchema>, "schema" | "tokens"> & {
  readonly tokens: ReadonlyMap<Address, Token>;
};

/** Beside `src` and `dist` alike. */
const FOLDER = new URL("../../data/chains/", import.meta.url);

const twice = (names: readonly string[]): string | undefined =>
  names.find((name, i) => names.indexOf(name) !== i);

/** The exchanges that a router trades with, each with the kind that it must have. */
function exchangesOf(one: Router): readonly (readonly [Dex["kind"], string])[] {
  switch (one.family) {
    case "opaque":
      return [];
    case "v2":
    case "v3":
    case "algebra":
      return [[one.family, one.dex]];
    case "router02":
    case "universal":
      return [["v3", one.dexV3], ...(one.dexV2 === null ? [] : [["v2", one.dexV2] as const])];
  }
}

const complain = (source: string, why: string): never => {
  throw new PlainError(EXIT.config, `${source}: ${why}`);
};

/** Reads a registry document; `source` names it in errors. Throws `PlainError` (exit 78) for every fault. */
export function parseRegistry(document: unknown, source: string): ChainRegistry {
  const parsed = registrySchema.safeParse(document);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    return complain(source, faults.join("; "));
  }
  const { schema: _schema, tokens, ...rest } = parsed.data;
  const registry = { ...rest, tokens: new Map(tokens.map((token) => [token.address, token])) };
  const again =
    twice(tokens.map((token) => token.address)) ??
    twice(rest.dexes.map(({ name }) => name)) ??
    twice(rest.routers.flatMap((one) => [one.address, one.name]));
  if (again !== undefined) complain(source, `${again} stands there twice`);
  const unknown = [rest.native.wrapped, ...rest.usd, ...rest.bases].find(
    (token) => !registry.tokens.has(token),
  );
  if (unknown !== undefined) complain(source, `${unknown} is not among its tokens`);
  for (const one of rest.routers)
    for (const [kind, name] of exchangesOf(one))
      if (!rest.dexes.some((other) => other.name === name && other.kind === kind))
        complain(source, `router ${one.name}: ${name} is no ${kind} exchange of it`);
  return registry;
}

/** The registry of a chain that the product ships, or null where it ships none. */
export function findRegistry(chainId: number): ChainRegistry | null {
  const file = new URL(`${chainId}.json`, FOLDER);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
  const registry = parseRegistry(JSON.parse(text), file.pathname);
  if (registry.chainId !== chainId) complain(file.pathname, `speaks of chain ${registry.chainId}`);
  return registry;
}

/** The registry of a chain. Throws `PlainError` (exit 78) where the product ships none. */
export function loadRegistry(chainId: number): ChainRegistry {
  return findRegistry(chainId) ?? complain(`chain ${chainId}`, "the product ships no registry for it");
}
