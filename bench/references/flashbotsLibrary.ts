import { createRequire } from "node:module";
import type * as Flashbots from "@flashbots/ethers-provider-bundle";
import type * as Ethers from "ethers" with { "resolution-mode": "require" };

/*
 * The one place that loads ethers and the Flashbots provider: peers to measure against, and what our relay channel is
 * held to. The provider is CommonJS and brings ethers'
 * CommonJS build with it; an `import` would load ethers a second time, with types that do not fit the first.
 */
interface Loaded {
  readonly ethers: typeof Ethers;
  readonly flashbots: typeof Flashbots;
}

let loaded: Loaded | undefined;

/** Loads both on first use. */
export function loadFlashbots(): Loaded {
  if (loaded === undefined) {
    const require = createRequire(import.meta.url);
    const ethers: typeof Ethers = require("ethers");
    const flashbots: typeof Flashbots = require("@flashbots/ethers-provider-bundle");
    loaded = { ethers, flashbots };
  }
  return loaded;
}
