import { z } from "zod";
import type { Address, Hex } from "../src/chain/types.ts";
import { traderAccounts } from "./accounts.ts";
import { pricedTokens } from "./market.ts";
import { createNoise } from "./noise.ts";
import type { NoiseTrade } from "./noise.ts";
import { AddressText } from "./hex.ts";
import { readRegistry } from "./registry.ts";
import { sign } from "./signing.ts";

/**
 * The noise traders' own process: signs ahead of time, so that a batch is at hand when it is asked for. Talks to its
 * parent over Node's channel: `{ firstBlock, pools }` in, once, then `{ block }` in and `{ block, raws }` out, blocks
 * ascending without gaps from `firstBlock` on. Says `{ ready: true }` first. Arguments: the seed, then names of flow.
 */
const AHEAD = 6;

const Message = z.union([
  z.object({ firstBlock: z.number().int(), pools: z.array(AddressText) }),
  z.object({ block: z.number().int() }),
]);

const [seedText, ...flow] = process.argv.slice(2);
const seed = z.coerce.number().int().parse(seedText);
const registry = readRegistry();
const accounts = traderAccounts();
const nonces = accounts.map(() => 0);
const batches = new Map<number, Promise<readonly Hex[]>>();
let noise: ((block: number) => readonly NoiseTrade[]) | null = null;
let nextBlock = 0;

function begin(firstBlock: number, pools: readonly Address[]): void {
  const traders = accounts.map(({ address }) => address);
  const market = { registry, tokens: pricedTokens(registry), pools, traders };
  noise = createNoise(market, { seed, firstBlock, flow });
  nextBlock = firstBlock;
}

function signNext(): void {
  const block = nextBlock++;
  const signed = noise?.(block).map(({ trader, call, fees }) => {
    const account = accounts[trader];
    const nonce = nonces[trader];
    if (account === undefined || nonce === undefined) throw new Error(`no trader ${trader}`);
    nonces[trader] = nonce + 1;
    return sign(account, nonce, call, fees);
  });
  batches.set(block, Promise.all(signed ?? []));
}

async function answer(json: unknown): Promise<void> {
  const message = Message.parse(json);
  if ("firstBlock" in message) {
    begin(message.firstBlock, message.pools);
    return;
  }
  const { block } = message;
  while (nextBlock <= block + AHEAD) signNext();
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
