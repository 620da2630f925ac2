import { z } from "zod";
import type { Hex } from "../src/chain/types.ts";
import { traderAccounts } from "./accounts.ts";
import { pricedTokens } from "./market.ts";
import { noiseOf } from "./noise.ts";
import { readRegistry } from "./registry.ts";
import { sign } from "./signing.ts";

/**
 * The noise traders' own process: signs ahead of time, so that a batch is at hand when it is asked for. Talks to its
 * parent over Node's channel: `{ firstBlock, block }` in, `{ block, raws }` out, blocks ascending without gaps from
 * `firstBlock` on. Says `{ ready: true }` first.
 */
const AHEAD = 6;

const Ask = z.object({ firstBlock: z.number().int(), block: z.number().int() });

const seed = z.coerce.number().int().parse(process.argv[2]);
const registry = readRegistry();
const accounts = traderAccounts();
const market = {
  registry,
  tokens: pricedTokens(registry),
  traders: accounts.map(({ address }) => address),
};
const nonces = accounts.map(() => 0);
const batches = new Map<number, Promise<readonly Hex[]>>();
let nextBlock = 0;

function signNext(firstBlock: number): void {
  const block = nextBlock++;
  const signed = noiseOf(market, { seed, firstBlock }, block).map(({ trader, call, fees }) => {
    const account = accounts[trader];
    const nonce = nonces[trader];
    if (account === undefined || nonce === undefined) throw new Error(`no trader ${trader}`);
    nonces[trader] = nonce + 1;
    return sign(account, nonce, call, fees);
  });
  batches.set(block, Promise.all(signed));
}

async function answer(message: unknown): Promise<void> {
  const { firstBlock, block } = Ask.parse(message);
  nextBlock = Math.max(nextBlock, firstBlock);
  while (nextBlock <= block + AHEAD) signNext(firstBlock);
  const raws = (await batches.get(block)) ?? [];
  batches.delete(block);
  process.send?.({ block, raws });
}

process.on("message", (message) => {
  answer(message).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
// The parent is gone: nobody needs us.
process.on("disconnect", () => process.exit(0));
process.send?.({ ready: true });
