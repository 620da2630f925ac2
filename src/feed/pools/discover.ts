import { encodeFunctionData, parseAbi } from "viem";
import type { Dex } from "../../chain/registry.ts";
import type { Address, Hash, Hex } from "../../chain/types.ts";
import type { ReadCall, ReadCalls } from "./multicall.ts";
import type { PoolFacts } from "./readStates.ts";

/** What the operator lets in; empty `allow` lists let everything in. */
export interface DiscoveryOptions {
  readonly dexes: readonly Dex[];
  /** Tokens that may be traded, without the denied and the taxed ones. */
  readonly tokens: readonly Address[];
  readonly allowPools: readonly Address[];
  readonly denyPools: readonly Address[];
  /** Beside those that are allowed. */
  readonly letIn?: ReadonlySet<Address>;
}

/** A pool that a factory named but that did not answer as its family must. */
export interface Rejected {
  readonly address: Address;
  readonly dex: string;
  readonly why: string;
}

export interface Discovered {
  readonly pools: readonly PoolFacts[];
  readonly rejected: readonly Rejected[];
}

const FACTORY = parseAbi([
  "function getPair(address, address) view returns (address)",
  "function getPool(address, address, uint24) view returns (address)",
  "function poolByPair(address, address) view returns (address)",
]);
const POOL = parseAbi([
  "function factory() view returns (address)",
  "function token0() view returns (address)",
  "function token1() view returns (address)",
  "function fee() view returns (uint24)",
  "function tickSpacing() view returns (int24)",
]);
const WORD = 32;
const NOBODY = `0x${"0".repeat(40)}`;

interface Candidate {
  readonly dex: Dex;
  readonly token0: Address;
  readonly token1: Address;
  readonly feePpm: number;
  readonly tickSpacing: number;
}

/**
 * Asks each factory for the pools of each pair of tokens, then each pool whether it is what the factory and
 * the registry say: its factory, the order of its tokens, its fee and its tick spacing. What does not answer
 * so stays out, and why is told.
 */
export async function discoverPools(
  options: DiscoveryOptions,
  blockHash: Hash,
  read: ReadCalls,
): Promise<Discovered> {
  const candidates = candidatesOf(options);
  const answers = await read(candidates.map(factoryCall), blockHash);
  const allowed = allowedPools(options);
  const found = candidates.flatMap((candidate, i) => {
    const address = addressOf(answers[i] ?? null);
    return address !== null && allowed(address) ? [{ candidate, address }] : [];
  });
  const facts = await read(
    found.flatMap(({ address, candidate }) => poolCalls(address, candidate)),
    blockHash,
  );
  const pools: PoolFacts[] = [];
  const rejected: Rejected[] = [];
  let at = 0;
  for (const { address, candidate } of found) {
    const count = poolCalls(address, candidate).length;
    const why = disagreement(candidate, facts.slice(at, at + count));
    at += count;
    if (why === null) pools.push(toFacts(address, candidate));
    else rejected.push({ address, dex: candidate.dex.name, why });
  }
  return { pools, rejected };
}

function candidatesOf({ dexes, tokens }: DiscoveryOptions): readonly Candidate[] {
  const sorted = tokens.toSorted();
  const pairs = sorted.flatMap((token0, i) => sorted.slice(i + 1).map((token1) => ({ token0, token1 })));
  return pairs.flatMap(({ token0, token1 }) =>
    dexes.flatMap((dex): Candidate[] => {
      if (dex.kind === "v2") return [{ dex, token0, token1, feePpm: dex.feePpm, tickSpacing: 0 }];
      if (dex.kind === "algebra")
        return [{ dex, token0, token1, feePpm: 0, tickSpacing: ALGEBRA_TICK_SPACING }];
      return dex.feeTiers.map((tier) => ({ dex, token0, token1, ...tier }));
    }),
  );
}

/** Algebra v1.1: one constant spacing for every pool. */
const ALGEBRA_TICK_SPACING = 60;

function factoryCall({ dex, token0, token1, feePpm }: Candidate): ReadCall {
  const data =
    dex.kind === "v2"
      ? encodeFunctionData({ abi: FACTORY, functionName: "getPair", args: [token0, token1] })
      : dex.kind === "v3"
        ? encodeFunctionData({ abi: FACTORY, functionName: "getPool", args: [token0, token1, feePpm] })
        : encodeFunctionData({ abi: FACTORY, functionName: "poolByPair", args: [token0, token1] });
  return { target: dex.factory, data, answerBytes: WORD };
}

function addressOf(answer: Hex | null): Address | null {
  if (answer === null || answer.length !== 66) return null;
  const address: Address = `0x${answer.slice(26).toLowerCase()}`;
  return address === NOBODY ? null : address;
}

function allowedPools({ allowPools, denyPools, letIn }: DiscoveryOptions): (address: Address) => boolean {
  const allow = new Set(allowPools);
  const deny = new Set(denyPools);
  return (address) =>
    !deny.has(address) && (allow.size === 0 || allow.has(address) || letIn?.has(address) === true);
}

const ASK = {
  factory: encodeFunctionData({ abi: POOL, functionName: "factory" }),
  token0: encodeFunctionData({ abi: POOL, functionName: "token0" }),
  token1: encodeFunctionData({ abi: POOL, functionName: "token1" }),
  fee: encodeFunctionData({ abi: POOL, functionName: "fee" }),
  tickSpacing: encodeFunctionData({ abi: POOL, functionName: "tickSpacing" }),
};

function poolCalls(target: Address, { dex }: Candidate): readonly ReadCall[] {
  const asked = [ASK.factory, ASK.token0, ASK.token1];
  if (dex.kind === "v3") asked.push(ASK.fee, ASK.tickSpacing);
  if (dex.kind === "algebra") asked.push(ASK.tickSpacing);
  return asked.map((data) => ({ target, data, answerBytes: WORD }));
}

/** Why the pool is not the one the registry speaks of, or null. */
function disagreement(candidate: Candidate, answers: readonly (Hex | null)[]): string | null {
  const { dex, token0, token1, feePpm, tickSpacing } = candidate;
  const [factory, first, second] = answers.slice(0, 3).map((answer) => addressOf(answer));
  if (factory !== dex.factory) return `its factory is ${factory ?? "not told"}, not ${dex.factory}`;
  if (first !== token0 || second !== token1) return "its tokens are others, or in another order";
  if (dex.kind === "v2") return null;
  const numbers = answers.slice(3).map((answer) => (answer === null ? null : Number(BigInt(answer))));
  const spacing = numbers.at(-1);
  if (spacing !== tickSpacing) return `its tick spacing is ${spacing ?? "not told"}, not ${tickSpacing}`;
  if (dex.kind === "v3" && numbers[0] !== feePpm)
    return `its fee is ${numbers[0] ?? "not told"}, not ${feePpm}`;
  return null;
}

function toFacts(address: Address, { dex, token0, token1, feePpm, tickSpacing }: Candidate): PoolFacts {
  return { pool: { address, kind: dex.kind, dex: dex.name, token0, token1 }, feePpm, tickSpacing };
}
