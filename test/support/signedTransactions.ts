import {
  array,
  bigInt,
  constantFrom,
  nat,
  oneof,
  option,
  record,
  tuple,
  uint8Array,
  type Arbitrary,
} from "fast-check";
import type { TransactionSerializable } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Hex } from "../../src/chain/types.ts";

const uint = (bits: number): Arbitrary<bigint> =>
  oneof(bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n }), bigInt({ min: 0n, max: 300n }));
const hex = (minLength: number, maxLength: number): Arbitrary<Hex> =>
  uint8Array({ minLength, maxLength }).map((bytes): Hex => `0x${Buffer.from(bytes).toString("hex")}`);

const address = hex(20, 20);
const keys = hex(32, 32).filter((key) => !/^0x0*$/.test(key) && !key.startsWith("0xffffffff"));
const chainId = constantFrom(1, 137, 80_002, 31_337);
const accessList = array(record({ address, storageKeys: array(hex(32, 32), { maxLength: 3 }) }), {
  maxLength: 3,
});
const authorizations = array(
  record({
    chainId: constantFrom(0, 1, 137),
    address,
    nonce: nat(),
    yParity: constantFrom(0, 1),
    r: uint(256).map((value): Hex => `0x${value.toString(16)}`),
    s: uint(256).map((value): Hex => `0x${value.toString(16)}`),
  }),
  { minLength: 1, maxLength: 3 },
);
const body = record({
  nonce: oneof(nat(), nat({ max: 200 })),
  gas: uint(32),
  value: uint(100),
  data: hex(0, 120),
});
const to = option(address, { nil: null });
const fees = tuple(uint(100), uint(100)).map(([a, b]) =>
  a < b ? { maxPriorityFeePerGas: a, maxFeePerGas: b } : { maxPriorityFeePerGas: b, maxFeePerGas: a },
);

const legacy = tuple(body, to, uint(100), option(chainId, { nil: undefined })).map(
  ([fields, receiver, gasPrice, chain]): TransactionSerializable => ({
    ...fields,
    type: "legacy",
    to: receiver,
    gasPrice,
    ...(chain === undefined ? {} : { chainId: chain }),
  }),
);
const listed = tuple(body, to, uint(100), chainId, accessList).map(
  ([fields, receiver, gasPrice, chain, list]): TransactionSerializable => ({
    ...fields,
    type: "eip2930",
    to: receiver,
    gasPrice,
    chainId: chain,
    accessList: list,
  }),
);
const dynamic = tuple(body, to, fees, chainId, accessList).map(
  ([fields, receiver, both, chain, list]): TransactionSerializable => ({
    ...fields,
    ...both,
    type: "eip1559",
    to: receiver,
    chainId: chain,
    accessList: list,
  }),
);
const delegating = tuple(body, address, fees, chainId, accessList, authorizations).map(
  ([fields, receiver, both, chain, list, authorizationList]): TransactionSerializable => ({
    ...fields,
    ...both,
    type: "eip7702",
    to: receiver,
    chainId: chain,
    accessList: list,
    authorizationList,
  }),
);

export interface SignedSample {
  readonly fields: TransactionSerializable;
  readonly from: Hex;
  readonly raw: Hex;
}

/** Random transactions of the types 0 (with and without EIP-155), 1, 2 and 4; signed by viem with `signSample`. */
export const unsignedSamples = tuple(keys, oneof(legacy, listed, dynamic, delegating));

export async function signSample([key, fields]: readonly [
  Hex,
  TransactionSerializable,
]): Promise<SignedSample> {
  const account = privateKeyToAccount(key);
  const raw = await account.signTransaction(fields);
  return { fields, from: account.address, raw };
}
