import { encodeAbiParameters, encodeDeployData, zeroAddress } from "viem";
import type { Address, Hex, Token } from "../src/chain/types.ts";
import type { NamedAccounts } from "./accounts.ts";
import type { Artifact, Artifacts } from "./artifacts.ts";
import { HexText, quantity } from "./hex.ts";
import type { DevRegistry } from "./registry.ts";
import type { Rpc } from "./rpc.ts";
import { signAll } from "./signing.ts";
import type { Call } from "./signing.ts";

/** The rival's contract stands on no real address of Polygon. */
export const RIVAL_CONTRACT = "0x00000000000000000000000000000000000a1e55";

interface Planting {
  readonly at: Address;
  /** Creation code with the constructor's arguments. */
  readonly initCode: Hex;
}

const planting = (at: Address, { abi, bytecode }: Artifact, args: readonly unknown[] = []): Planting => ({
  at,
  initCode: args.length === 0 ? bytecode : encodeDeployData({ abi, bytecode, args }),
});

/** The Universal Router without Uniswap V4 and bridges, which the local chain has not. */
const universalRouter = ({ universalRouter: at, ...registry }: DevRegistry, artifact: Artifact): Planting =>
  planting(at, artifact, [
    {
      permit2: registry.permit2,
      weth9: registry.wrapped,
      v2Factory: registry.uniswapV2.factory,
      v3Factory: registry.v3.factory,
      pairInitCodeHash: registry.uniswapV2.initCodeHash,
      poolInitCodeHash: registry.v3.initCodeHash,
      v4PoolManager: zeroAddress,
      v3NFTPositionManager: registry.v3Positions,
      v4PositionManager: zeroAddress,
      spokePool: zeroAddress,
    },
  ]);

function plantings(
  registry: DevRegistry,
  artifacts: Artifacts,
  tokens: readonly Token[],
  { owner, rival }: NamedAccounts,
): readonly Planting[] {
  const { v3, algebra, wrapped } = registry;
  return [
    planting(wrapped, artifacts.weth9),
    ...tokens
      .filter(({ address }) => address !== wrapped)
      .map(({ address, symbol, decimals }) =>
        planting(address, artifacts.devToken, [symbol, symbol, decimals, owner.address]),
      ),
    ...registry.v2.flatMap(({ factory, router }) => [
      planting(factory, artifacts.v2Factory, [owner.address]),
      planting(router, artifacts.v2Router, [factory, wrapped]),
    ]),
    planting(v3.factory, artifacts.v3Factory),
    planting(v3.router, artifacts.v3Router, [v3.factory, wrapped]),
    planting(v3.quoter, artifacts.v3Quoter, [v3.factory, wrapped]),
    planting(registry.v3TickLens, artifacts.v3TickLens),
    planting(registry.v3Positions, artifacts.v3Positions, [v3.factory, wrapped, zeroAddress]),
    planting(registry.swapRouter02, artifacts.swapRouter02, [
      registry.uniswapV2.factory,
      v3.factory,
      registry.v3Positions,
      wrapped,
    ]),
    planting(algebra.deployer, artifacts.algebraDeployer),
    planting(algebra.factory, artifacts.algebraFactory, [algebra.deployer, owner.address]),
    planting(algebra.router, artifacts.algebraRouter, [algebra.factory, wrapped, algebra.deployer]),
    planting(algebra.quoter, artifacts.algebraQuoter, [algebra.factory, wrapped, algebra.deployer]),
    planting(registry.algebraPositions, artifacts.algebraPositions, [
      algebra.factory,
      wrapped,
      zeroAddress,
      algebra.deployer,
    ]),
    planting(registry.permit2, artifacts.permit2),
    universalRouter(registry, artifacts.universalRouter),
    planting(registry.aggregator, artifacts.aggregator),
    planting(registry.multicall3, artifacts.multicall3),
    planting(RIVAL_CONTRACT, artifacts.rivalArb, [rival.address]),
  ];
}

/** A Solidity string of at most 31 bytes, as it stands in one storage slot. */
const shortString = (text: string): Hex => {
  const bytes = Buffer.alloc(32);
  bytes.write(text, "utf8");
  bytes[31] = Buffer.byteLength(text) * 2;
  return HexText.parse(`0x${bytes.toString("hex")}`);
};

/**
 * Puts each contract at its real Polygon address and runs its constructor there: the creation code is set as the
 * account's code and called, so that storage, immutables and `address(this)` come out as from a true deployment;
 * the answer of that call is the runtime code.
 */
export async function plant(
  rpc: Rpc,
  parts: { registry: DevRegistry; artifacts: Artifacts; tokens: readonly Token[]; accounts: NamedAccounts },
): Promise<void> {
  const { registry, artifacts, tokens, accounts } = parts;
  const { owner } = accounts;
  const all = plantings(registry, artifacts, tokens, accounts);
  await Promise.all(all.map(({ at, initCode }) => rpc.request("anvil_setCode", [at, initCode])));
  const runtimes = await Promise.all(
    all.map(({ at }) => rpc.request("eth_call", [{ from: owner.address, to: at, data: "0x" }, "latest"])),
  );
  const calls: Call[] = all.map(({ at }) => ({ to: at, data: "0x", gas: 4_000_000n }));
  for (const raw of await signAll(rpc, owner, calls)) await rpc.request("eth_sendRawTransaction", [raw]);
  await rpc.request("evm_mine");
  await Promise.all(all.map(({ at }, i) => rpc.request("anvil_setCode", [at, HexText.parse(runtimes[i])])));
  // The published WETH9 calls itself Wrapped Ether.
  await rpc.request("anvil_setStorageAt", [
    registry.wrapped,
    quantity(0),
    shortString("Wrapped Polygon Ecosystem Token"),
  ]);
  await rpc.request("anvil_setStorageAt", [registry.wrapped, quantity(1), shortString("WPOL")]);
}

const call = (to: Address, data: Hex): Call => ({ to, data, gas: 200_000n });

/** What the deployers did after the constructors: the 0.01 % tier of Uniswap V3, Algebra's deployer and factory. */
export const openingCalls = (registry: DevRegistry): readonly Call[] => [
  // enableFeeAmount(uint24,int24)
  call(
    registry.v3.factory,
    `0x8a7c195f${encodeAbiParameters([{ type: "uint24" }, { type: "int24" }], [100, 1]).slice(2)}`,
  ),
  // setFactory(address)
  call(
    registry.algebra.deployer,
    `0x5bb47808${encodeAbiParameters([{ type: "address" }], [registry.algebra.factory]).slice(2)}`,
  ),
];
