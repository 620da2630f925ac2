import { toAddress } from "../../../devnet/hex.ts";
import { flowExample } from "../../../devnet/flow/example.ts";
import { FLOW_KINDS } from "../../../devnet/flow/kinds.ts";
import { pricedTokens, VENUES } from "../../../devnet/market.ts";
import { readRegistry } from "../../../devnet/registry.ts";
import { loadRegistry } from "../../../src/chain/registry.ts";
import type { Address, Hex } from "../../../src/chain/types.ts";
import { createDecoder } from "../../../src/mempool/decode.ts";
import type { Random } from "../../support/ammChainRandom.ts";
import { SENDER, word } from "../../unit/mempool/decodeCases.ts";

export interface Sample {
  readonly kind: string;
  readonly to: Address;
  readonly value: bigint;
  readonly input: Hex;
}

const registry = readRegistry();
const polygon = loadRegistry(137);
export const wrapped = polygon.native.wrapped;
export const decoder = createDecoder(polygon.routers, wrapped);
export const decode = ({ to, value, input }: Sample) => decoder.decode({ to, from: SENDER, value, input });

/** Calls of every kind that the local chain's traders make, over one to three pools; the pools stand anywhere. */
export function samples(deadline?: bigint): readonly Sample[] {
  const pools = VENUES.map((_, i) => toAddress(`0x${(i + 1).toString(16).padStart(40, "0")}`));
  const market = { registry, tokens: pricedTokens(registry), pools };
  const terms = { usd: 900, trader: SENDER, ...(deadline === undefined ? {} : { deadline }) };
  return FLOW_KINDS.flatMap((kind) =>
    [1, 2, 3].flatMap((length) => {
      try {
        const { to, data, value = 0n } = flowExample(market, kind.name, { ...terms, pools: length }).call;
        return to === null ? [] : [{ kind: kind.name, to: toAddress(to), value, input: data }];
      } catch {
        return []; // This kind has no way of that many pools.
      }
    }),
  );
}

const HOSTILE = [
  0n,
  1n,
  31n,
  2n ** 16n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n + 1n,
  2n ** 64n,
  2n ** 160n,
  2n ** 255n,
  2n ** 256n - 32n,
  2n ** 256n - 1n,
] as const;

type Damage = (hex: string, at: number, random: Random) => string;

const noise = (random: Random, bytes: number): string =>
  Array.from({ length: bytes }, () => random.integer(0, 255).toString(16).padStart(2, "0")).join("");

/** What can happen to the digits behind `0x`; `at` is where a word begins. */
const DAMAGES: readonly [Damage, ...Damage[]] = [
  (hex, _at, random) => hex.slice(0, 2 * random.integer(0, hex.length / 2)),
  (hex, _at, random) => hex.slice(0, random.integer(0, hex.length)),
  (hex, at, random) => hex.slice(0, at) + word(random.pick(HOSTILE)) + hex.slice(at + 64),
  (hex, at, random) => hex.slice(0, at) + word(32 * random.integer(0, 20)) + hex.slice(at + 64),
  (hex, at, random) => hex.slice(0, at + 2 * random.integer(0, 31)) + noise(random, 1) + hex.slice(at + 64),
  (hex, at, random) => {
    const spot = at + 2 * random.integer(0, 31);
    return hex.slice(0, spot) + noise(random, 1) + hex.slice(spot + 2);
  },
  (hex, at) => hex.slice(0, at) + hex.slice(at + 64),
  (hex, at, random) =>
    hex.slice(0, at) + hex.slice(at, at + 64).repeat(random.integer(1, 40)) + hex.slice(at),
  (hex, _at, random) => hex + noise(random, random.integer(1, 4000)),
  (hex, at, random) => {
    const from = 8 + 64 * random.integer(0, Math.floor((hex.length - 8) / 64));
    return hex.slice(0, at) + hex.slice(from, from + 64) + hex.slice(at + 64);
  },
  (hex, _at, random) => hex.slice(0, 8) + noise(random, random.integer(0, 600)),
];

/** Calldata with one to three damages. */
export function damaged({ input }: Sample, random: Random): Hex {
  let hex = input.slice(2);
  for (let i = random.integer(1, 3); i > 0; i--) {
    const words = Math.max(0, Math.floor((hex.length - 8) / 64) - 1);
    hex = random.pick(DAMAGES)(hex, 8 + 64 * random.integer(0, words), random);
  }
  return `0x${hex}`;
}
