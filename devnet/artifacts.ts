import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Abi } from "viem";
import { keccak256 } from "viem";
import { z } from "zod";
import type { Hex } from "../src/chain/types.ts";

/** A contract as its authors published it on npm: ABI and creation code. */
export interface Artifact {
  readonly abi: Abi;
  readonly bytecode: Hex;
}

const require = createRequire(import.meta.url);

const isHex = (value: unknown): value is Hex =>
  typeof value === "string" && /^0x([0-9a-f]{2})+$/i.test(value);

const hexOf = (value: string): string => (value.startsWith("0x") ? value : `0x${value}`);

const ArtifactFile = z.object({
  abi: z.custom<Abi>(Array.isArray),
  bytecode: z.string().transform(hexOf).pipe(z.custom<Hex>(isHex)),
});

const npm = (path: string): Artifact => ArtifactFile.parse(require(path));

const v3Path = (scope: string, name: string, folder = ""): string =>
  `${scope}/artifacts/contracts/${folder}${name}.sol/${name}.json`;

/** QuickSwap V3's real pool init-code hash, which the published Algebra periphery carries as a constant. */
const ALGEBRA_MAINNET_HASH = "6ec6c9c8091d160c0aa74b2b14ba9c1717e95093bd3ac085cee99a49aab294a4";

/**
 * The published Algebra pool is compiled without the optimiser, so its hash is not the one of Polygon: factory and
 * periphery would look for pools in the wrong place. They get the hash of the pool that they really make.
 */
function patchAlgebra(artifact: Artifact): Artifact {
  const own = keccak256(npm(v3Path("@cryptoalgebra/core", "AlgebraPool")).bytecode).slice(2);
  const parts = artifact.bytecode.split(ALGEBRA_MAINNET_HASH);
  if (parts.length !== 2) throw new Error("the Algebra artifact does not hold its pool hash exactly once");
  return { abi: artifact.abi, bytecode: z.custom<Hex>(isHex).parse(parts.join(own)) };
}

/** viem carries the creation code of Multicall3, but only inside: read where it stands. */
function multicall3(): Artifact {
  const file = join(dirname(require.resolve("viem/package.json")), "_esm/constants/contracts.js");
  const found = /multicall3Bytecode = '(0x[0-9a-f]+)'/.exec(readFileSync(file, "utf8"));
  return { abi: [], bytecode: z.custom<Hex>(isHex).parse(found?.[1]) };
}

const OwnFile = z.record(z.string(), ArtifactFile);

const own = (name: string): Artifact => {
  const found = OwnFile.parse(require("./contracts/artifacts.json"))[name];
  if (found === undefined) throw new Error(`devnet/contracts/artifacts.json has no ${name}`);
  return found;
};

const V2_PERIPHERY = "@uniswap/v2-periphery/build";
const V3 = "@uniswap/v3-periphery";
const ALGEBRA = "@cryptoalgebra/periphery";

/** Everything that the local Polygon plants, read from `node_modules` at start; nothing of it is committed. */
export const loadArtifacts = () => ({
  v2Factory: npm("@uniswap/v2-core/build/UniswapV2Factory.json"),
  v2Router: npm(`${V2_PERIPHERY}/UniswapV2Router02.json`),
  weth9: npm(`${V2_PERIPHERY}/WETH9.json`),
  v3Factory: npm(v3Path("@uniswap/v3-core", "UniswapV3Factory")),
  v3Router: npm(v3Path(V3, "SwapRouter")),
  v3Positions: npm(v3Path(V3, "NonfungiblePositionManager")),
  v3Quoter: npm(v3Path(V3, "QuoterV2", "lens/")),
  v3TickLens: npm(v3Path(V3, "TickLens", "lens/")),
  swapRouter02: npm(v3Path("@uniswap/swap-router-contracts", "SwapRouter02")),
  universalRouter: npm(
    "@uniswap/universal-router/artifacts/contracts/UniversalRouter.sol/UniversalRouter.json",
  ),
  algebraFactory: patchAlgebra(npm(v3Path("@cryptoalgebra/core", "AlgebraFactory"))),
  algebraDeployer: npm(v3Path("@cryptoalgebra/core", "AlgebraPoolDeployer")),
  algebraRouter: patchAlgebra(npm(v3Path(ALGEBRA, "SwapRouter"))),
  algebraPositions: patchAlgebra(npm(v3Path(ALGEBRA, "NonfungiblePositionManager"))),
  algebraQuoter: patchAlgebra(npm(v3Path(ALGEBRA, "Quoter", "lens/"))),
  multicall3: multicall3(),
  devToken: own("DevToken"),
  rivalArb: own("RivalArb"),
  permit2: own("Permit2Stub"),
  aggregator: own("Aggregator"),
});

export type Artifacts = ReturnType<typeof loadArtifacts>;
