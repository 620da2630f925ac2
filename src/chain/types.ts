/** `0x` and hex digits. */
export type Hex = `0x${string}`;
/** 20 bytes, always lower-case inside the house; parse with `parseAddress` at the border. */
export type Address = Hex;
/** 32 bytes, lower-case. */
export type Hash = Hex;

/** An ERC-20 token: facts that never change. */
export interface Token {
  readonly address: Address;
  readonly symbol: string;
  readonly decimals: number;
  /** Transfers do not deliver what was sent (fee, reflection, rebase): never traded through. */
  readonly taxed: boolean;
}

export type PoolKind = "v2" | "v3" | "algebra";

/** A pool: facts that never change. The mutable part is `PoolState` in `amm`. */
export interface Pool {
  readonly address: Address;
  readonly kind: PoolKind;
  /** Exchange name as in the registry, e.g. `quickswap_v2`. */
  readonly dex: string;
  readonly token0: Address;
  readonly token1: Address;
}

export interface BlockRef {
  readonly number: number;
  readonly hash: Hash;
}

/** The parts of a header we use; `baseFeePerGas` in wei, `timestamp` in seconds. */
export interface BlockHeader extends BlockRef {
  readonly parentHash: Hash;
  readonly timestamp: number;
  readonly baseFeePerGas: bigint;
  readonly gasLimit: bigint;
  readonly gasUsed: bigint;
  readonly logsBloom: Hex;
}

/** What a contract says with a log. */
export interface EmittedLog {
  readonly address: Address;
  readonly topics: readonly Hash[];
  readonly data: Hex;
}

/** A log of a block, in the order of `logIndex`. */
export interface ChainLog extends EmittedLog {
  readonly blockHash: Hash;
  readonly blockNumber: number;
  readonly transactionHash: Hash;
  readonly logIndex: number;
}

/** An entry of EIP-2930's access list. */
export interface AccessEntry {
  readonly address: Address;
  readonly storageKeys: readonly Hash[];
}

/** An entry of EIP-7702's authorization list; `nonce` and `chainId` as signed. */
export interface Authorization {
  readonly chainId: bigint;
  readonly address: Address;
  readonly nonce: bigint;
  readonly yParity: 0 | 1;
  readonly r: bigint;
  readonly s: bigint;
}

/** What a transaction's signed bytes hold besides its body: with it they can be rebuilt. */
export interface SignedPart {
  /** Null: a legacy transaction from before EIP-155. */
  readonly chainId: number | null;
  readonly accessList: readonly AccessEntry[];
  readonly authorizationList: readonly Authorization[];
  readonly yParity: 0 | 1;
  readonly r: bigint;
  readonly s: bigint;
}

/** A pending transaction with its full body; fees in wei. Legacy transactions carry `gasPrice` alone. */
export interface PendingTransaction {
  readonly hash: Hash;
  readonly from: Address;
  readonly to: Address | null;
  readonly nonce: number;
  readonly value: bigint;
  readonly gas: bigint;
  readonly input: Hex;
  readonly type: number;
  readonly gasPrice: bigint | null;
  readonly maxFeePerGas: bigint | null;
  readonly maxPriorityFeePerGas: bigint | null;
  /** Null where the node did not tell it, or not readably: it cannot stand in a bundle. */
  readonly signed: SignedPart | null;
}
