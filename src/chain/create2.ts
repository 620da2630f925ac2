import { encodeAbiParameters, encodePacked, getCreate2Address, keccak256 } from "viem";
import type { Dex } from "./registry.ts";
import type { Address, Hex } from "./types.ts";

/** The tokens that a pool was made of, and its fee where the exchange has several pools a pair. */
export interface PoolKey {
  readonly token0: Address;
  readonly token1: Address;
  /** Parts per million; only `v3` pools have it in their key. */
  readonly feePpm?: number;
}

const PAIR = [{ type: "address" }, { type: "address" }] as const;
const PAIR_AND_FEE = [...PAIR, { type: "uint24" }] as const;

const saltOf = (dex: Dex, { token0, token1, feePpm }: PoolKey): Hex => {
  if (dex.kind === "v2") return keccak256(encodePacked(["address", "address"], [token0, token1]));
  if (dex.kind === "algebra") return keccak256(encodeAbiParameters(PAIR, [token0, token1]));
  if (feePpm === undefined) throw new RangeError(`a pool of ${dex.name} has its fee in its address`);
  return keccak256(encodeAbiParameters(PAIR_AND_FEE, [token0, token1, feePpm]));
};

/**
 * Where CREATE2 (EIP-1014) put the pool of these tokens, in any order: UniswapV2Factory.createPair hashes the
 * packed pair, UniswapV3PoolDeployer and AlgebraPoolDeployer the encoded one. Throws a RangeError where a `v3`
 * key has no fee.
 */
export function poolAddress(dex: Dex, key: PoolKey): Address {
  const [token0, token1] = key.token0 < key.token1 ? [key.token0, key.token1] : [key.token1, key.token0];
  const made = getCreate2Address({
    from: dex.kind === "algebra" ? dex.deployer : dex.factory,
    salt: saltOf(dex, { ...key, token0, token1 }),
    bytecodeHash: dex.initCodeHash,
  });
  return `0x${made.slice(2).toLowerCase()}`;
}
