import {
  array,
  bigInt,
  boolean,
  constant,
  constantFrom,
  integer,
  maxSafeNat,
  oneof,
  option,
  record,
  tuple,
  uint8Array,
  type Arbitrary,
} from "fast-check";
import type { Address, Hash, Hex } from "../../src/chain/types.ts";
import type { PlanEncoding } from "../../src/execution/calldata.ts";
import type { Envelope } from "../../src/execution/eip1559.ts";
import type { Opportunity, Plan, PricedHop } from "../../src/search/opportunity.ts";

const MAX_UINT128 = 2n ** 128n - 1n;

const hexOf = (bytes: number): Arbitrary<Hex> =>
  uint8Array({ minLength: bytes, maxLength: bytes }).map(
    (content): Hex => `0x${Buffer.from(content).toString("hex")}`,
  );

const address: Arbitrary<Address> = hexOf(20);
export const hash32: Arbitrary<Hash> = hexOf(32);

/** Whole numbers of every length in bits up to `bits`, ends included. */
const amountOf = (bits: number, least = 0n): Arbitrary<bigint> =>
  integer({ min: 1, max: bits })
    .chain((length) => bigInt({ min: 0n, max: 2n ** BigInt(length) - 1n }))
    .map((value) => (value < least ? least : value));

const amount = amountOf(128, 1n);

const opportunity: Arbitrary<Opportunity> = record({
  hops: array(
    record({
      token: address,
      pool: address,
      kind: constantFrom("v2", "v3", "algebra"),
      zeroForOne: boolean(),
    }),
    { minLength: 2, maxLength: 5 },
  ),
  amountIn: oneof(amount, constant(MAX_UINT128)),
}).map(({ hops: drawn, amountIn }) => {
  const base = drawn[0]?.token ?? "0x";
  const hops = drawn.map(({ token, ...rest }, i): PricedHop => ({
    ...rest,
    tokenIn: token,
    tokenOut: drawn[i + 1]?.token ?? base,
    amountIn: 1n,
    amountOut: 1n,
  }));
  return {
    cycle: { id: "random", base, hops },
    hops,
    amountIn,
    amountOut: amountIn,
    profit: 1n,
    profitNativeFloat: 1,
    marginal: 1,
    verdict: "ok",
  };
});

/** A valid plan of one to eight cycles through two to five pools, and what its encoding needs. */
export const planAndEncoding: Arbitrary<{ readonly plan: Plan; readonly encoding: PlanEncoding }> = array(
  opportunity,
  { minLength: 1, maxLength: 8 },
).chain((opportunities) =>
  record({
    plan: constant<Plan>({ trigger: { type: "block", number: 1, hash: "0x" }, opportunities }),
    encoding: record({
      minProfits: array(amount, { minLength: opportunities.length, maxLength: opportunities.length }),
      maxBlock: amountOf(256),
      parentHash: option(hash32),
      feePpmOf: constant((pool: Address) => Number.parseInt(pool.slice(2, 10), 16) % 1_000_000),
    }),
  }),
);

/** All of a transaction but its data; fees of up to 90 bits, and the tip not above the fee. */
export const envelope: Arbitrary<Envelope> = record({
  chainId: oneof(constant(137), integer({ min: 1, max: 2 ** 31 - 1 })),
  nonce: oneof(integer({ min: 0, max: 300 }), maxSafeNat()),
  to: address,
  value: oneof(constant(0n), amountOf(256)),
  gas: amountOf(64),
  fees: tuple(amountOf(90), amountOf(90)),
}).map(({ fees: [a, b], ...rest }) => ({
  ...rest,
  maxFeePerGas: a > b ? a : b,
  maxPriorityFeePerGas: a > b ? b : a,
}));
