import { encodeFunctionData, maxUint128, parseAbi } from "viem";
import { loadArtifacts } from "../../devnet/artifacts.ts";
import { z } from "zod";
import type { Address, Hex, Pool, PoolKind } from "../../src/chain/types.ts";
import type { Opportunity, Plan, PricedHop } from "../../src/search/opportunity.ts";
import { loadContracts, startChain } from "./contractsChain.ts";
import type { Chain, Contract } from "./contractsChain.ts";

export const E18 = 10n ** 18n;
const ZERO: Address = `0x${"00".repeat(20)}`;
export const TREASURY: Address = `0x${"77".repeat(20)}`;
export const V2_FEE_PPM = 3000;

export const tokenAbi = parseAbi([
  "function mint(address to, uint256 amount)",
  "function approve(address spender, uint256 amount) returns (bool)",
  "function transfer(address to, uint256 amount) returns (bool)",
  "function balanceOf(address account) view returns (uint256)",
]);
const poolAbi = parseAbi([
  "function initialize(uint160 price)",
  "function token0() view returns (address)",
  "function mint(address to) returns (uint256)",
  "function getReserves() view returns (uint112, uint112, uint32)",
]);
const factoryAbi = parseAbi([
  "function createPair(address, address) returns (address)",
  "function getPair(address, address) view returns (address)",
  "function createPool(address, address, uint24) returns (address)",
  "function getPool(address, address, uint24) view returns (address)",
]);
const algebraFactoryAbi = parseAbi([
  "function createPool(address, address) returns (address)",
  "function poolByPair(address, address) view returns (address)",
]);
const makerAbi = parseAbi([
  "function mintV3(address pool, int24 lower, int24 upper, uint128 liquidity)",
  "function mintAlgebra(address pool, int24 lower, int24 upper, uint128 liquidity)",
]);
const quoterAbi = parseAbi([
  "function quoteExactInputSingle((address, address, uint256, uint24, uint160)) returns (uint256, uint160, uint32, uint256)",
]);
const algebraQuoterAbi = parseAbi([
  "function quoteExactInputSingle(address, address, uint256, uint160) returns (uint256, uint16)",
]);

const addressSchema = z.custom<Address>(
  (value) => typeof value === "string" && /^0x[0-9a-fA-F]{40}$/.test(value),
);
const lower = (value: unknown): Address => addressSchema.parse(String(value).toLowerCase());
const bigintSchema = z.bigint();

export interface MadePool extends Pool {
  readonly feePpm: number;
}

function sqrt(value: bigint): bigint {
  let x = value;
  for (let y = (x + 1n) / 2n; y < x; y = (x + value / x) / 2n) x = y;
  return x;
}

const sorted = (a: Address, b: Address): readonly [Address, Address] => (a < b ? [a, b] : [b, a]);

/** The widest range that the spacing allows. */
const full = (spacing: number): number => Math.floor(887_000 / spacing) * spacing;

export type Market = Awaited<ReturnType<typeof startMarket>>;

/** A bare chain with the real factories of all three families, an executor, and ways to make tokens and pools. */
export async function startMarket() {
  const chain = await startChain();
  const contracts = loadContracts();
  const artifact = (name: string): Contract => {
    const found = contracts[name];
    if (found === undefined) throw new Error(`no test contract ${name}`);
    return found;
  };
  const [owner, operator, stranger] = [chain.account(0), chain.account(1), chain.account(2)];
  const npm = loadArtifacts();

  const executor = await chain.deploy(artifact("ArbExecutor"), [owner, TREASURY, operator]);
  const maker = await chain.deploy(artifact("Maker"));
  const v2Factories = [
    await chain.deploy(npm.v2Factory, [owner]),
    await chain.deploy(npm.v2Factory, [owner]),
    await chain.deploy(npm.v2Factory, [owner]),
  ];
  const v3Factory = await chain.deploy(npm.v3Factory);
  const v3Quoter = await chain.deploy(npm.v3Quoter, [v3Factory, ZERO]);
  const { algebraFactory, algebraQuoter } = await deployAlgebra(chain, npm);

  async function makeToken(name = "PlainToken"): Promise<Address> {
    return chain.deploy(artifact(name));
  }

  async function mint(token: Address, to: Address, amount: bigint): Promise<void> {
    const data = encodeFunctionData({ abi: tokenAbi, functionName: "mint", args: [to, amount] });
    await chain.must(owner, token, data);
  }

  const balance = async (token: Address, account: Address): Promise<bigint> =>
    bigintSchema.parse(await chain.read(token, tokenAbi, "balanceOf", [account]));

  /** A V2 pair of that factory with these reserves. */
  async function makeV2(factory: number, a: [Address, bigint], b: [Address, bigint]): Promise<MadePool> {
    const at = v2Factories[factory] ?? ZERO;
    const args = [a[0], b[0]] as const;
    await chain.must(owner, at, encodeFunctionData({ abi: factoryAbi, functionName: "createPair", args }));
    const address = lower(await chain.read(at, factoryAbi, "getPair", args));
    await mint(a[0], address, a[1]);
    await mint(b[0], address, b[1]);
    await chain.must(
      owner,
      address,
      encodeFunctionData({ abi: poolAbi, functionName: "mint", args: [owner] }),
    );
    const [token0, token1] = sorted(a[0], b[0]);
    return { address, kind: "v2", dex: `v2_${factory}`, token0, token1, feePpm: V2_FEE_PPM };
  }

  /** A concentrated pool in which one `a` costs `priceX18 / 1e18` of `b`, liquid from end to end. */
  async function makeConcentrated(
    venue: "algebra" | 500 | 3000 | 10000,
    [a, b]: readonly [Address, Address],
    priceX18: bigint,
    liquidity = 10_000n * E18,
  ): Promise<MadePool> {
    const [token0, token1] = sorted(a, b);
    const ratioX192 = token0 === a ? (priceX18 << 192n) / E18 : (E18 << 192n) / priceX18;
    const address = await createConcentrated(venue, token0, token1);
    const initialize = encodeFunctionData({
      abi: poolAbi,
      functionName: "initialize",
      args: [sqrt(ratioX192)],
    });
    await chain.must(owner, address, initialize);
    await mint(a, maker, 1_000_000n * E18);
    await mint(b, maker, 1_000_000n * E18);
    const end = full(venue === "algebra" ? 60 : venue / 50);
    const args = [address, -end, end, liquidity] as const;
    const functionName = venue === "algebra" ? "mintAlgebra" : "mintV3";
    await chain.must(owner, maker, encodeFunctionData({ abi: makerAbi, functionName, args }));
    const kind: PoolKind = venue === "algebra" ? "algebra" : "v3";
    return { address, kind, dex: kind, token0, token1, feePpm: venue === "algebra" ? 100 : venue };
  }

  async function createConcentrated(venue: "algebra" | number, a: Address, b: Address): Promise<Address> {
    if (venue === "algebra") {
      const create = encodeFunctionData({ abi: algebraFactoryAbi, functionName: "createPool", args: [a, b] });
      await chain.must(owner, algebraFactory, create);
      return lower(await chain.read(algebraFactory, algebraFactoryAbi, "poolByPair", [a, b]));
    }
    const args = [a, b, venue] as const;
    await chain.must(
      owner,
      v3Factory,
      encodeFunctionData({ abi: factoryAbi, functionName: "createPool", args }),
    );
    return lower(await chain.read(v3Factory, factoryAbi, "getPool", args));
  }

  /** What the pool, or its authors' own quoter, says that `amountIn` brings. */
  async function quote(pool: MadePool, tokenIn: Address, amountIn: bigint): Promise<bigint> {
    const tokenOut = tokenIn === pool.token0 ? pool.token1 : pool.token0;
    if (pool.kind === "v2") {
      const reserves = z.tuple([bigintSchema, bigintSchema, z.unknown()]);
      const [r0, r1] = reserves.parse(await chain.read(pool.address, poolAbi, "getReserves"));
      const [reserveIn, reserveOut] = tokenIn === pool.token0 ? [r0, r1] : [r1, r0];
      return (amountIn * 997n * reserveOut) / (reserveIn * 1000n + amountIn * 997n);
    }
    const answer =
      pool.kind === "v3"
        ? await chain.read(v3Quoter, quoterAbi, "quoteExactInputSingle", [
            [tokenIn, tokenOut, amountIn, pool.feePpm, 0n],
          ])
        : await chain.read(algebraQuoter, algebraQuoterAbi, "quoteExactInputSingle", [
            tokenIn,
            tokenOut,
            amountIn,
            0n,
          ]);
    return z.tuple([bigintSchema]).rest(z.unknown()).parse(answer)[0];
  }

  /** The opportunity that these pools in this order make, priced by the pools themselves. */
  async function priceCycle(
    base: Address,
    pools: readonly MadePool[],
    amountIn: bigint,
  ): Promise<Opportunity> {
    const hops: PricedHop[] = [];
    let amount = amountIn;
    let tokenIn = base;
    for (const pool of pools) {
      const zeroForOne = tokenIn === pool.token0;
      const tokenOut = zeroForOne ? pool.token1 : pool.token0;
      const amountOut = await quote(pool, tokenIn, amount);
      const { address, kind } = pool;
      hops.push({ pool: address, kind, tokenIn, tokenOut, zeroForOne, amountIn: amount, amountOut });
      [amount, tokenIn] = [amountOut, tokenOut];
    }
    return opportunityOf(base, hops);
  }

  return {
    ...chain,
    owner,
    operator,
    stranger,
    executor,
    v2Factories,
    artifact,
    makeToken,
    mint,
    balance,
    makeV2,
    makeConcentrated,
    priceCycle,
    make: async (name: string) => chain.deploy(artifact(name)),
    call: (name: string, functionName: string, args: readonly unknown[] = []): Hex =>
      encodeFunctionData({ abi: artifact(name).abi, functionName, args }),
  };
}

async function deployAlgebra(chain: Chain, npm: ReturnType<typeof loadArtifacts>) {
  const deployer = await chain.deploy(npm.algebraDeployer);
  const vault = ZERO;
  const algebraFactory = await chain.deploy(npm.algebraFactory, [deployer, vault]);
  const setFactory = encodeFunctionData({
    abi: npm.algebraDeployer.abi,
    functionName: "setFactory",
    args: [algebraFactory],
  });
  await chain.must(chain.account(0), deployer, setFactory);
  const algebraQuoter = await chain.deploy(npm.algebraQuoter, [algebraFactory, ZERO, deployer]);
  return { algebraFactory, algebraQuoter };
}

/** An opportunity made of these hops as they stand, with nothing checked: hostile plans too. */
export function opportunityOf(base: Address, hops: readonly PricedHop[]): Opportunity {
  const amountIn = hops[0]?.amountIn ?? 0n;
  const amountOut = hops.at(-1)?.amountOut ?? 0n;
  return {
    cycle: { id: hops.map(({ pool }) => pool).join(">"), base, hops },
    hops,
    amountIn,
    amountOut,
    profit: amountOut - amountIn,
    profitNativeFloat: Number.NaN,
    marginal: 1,
    verdict: "ok",
  };
}

export const planOf = (...opportunities: readonly Opportunity[]): Plan => ({
  trigger: { type: "block", number: 1, hash: `0x${"00".repeat(32)}` },
  opportunities,
});

export const NO_LIMIT = maxUint128;
