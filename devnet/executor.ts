import { z } from "zod";
import type { Address } from "../src/chain/types.ts";
import { readLatestBlock } from "./block.ts";
import type { DevBlock } from "./block.ts";
import type { StorageView } from "./conditions.ts";
import { HashText, quantity } from "./hex.ts";
import { RpcError } from "./rpc.ts";
import type { Rpc } from "./rpc.ts";
import { nonceOf } from "./signing.ts";
import type { SignedTransaction } from "./transaction.ts";

/** What a block is made of besides its transactions; the timestamp in seconds, the base fee in wei. */
export interface BlockFrame {
  readonly timestamp: number;
  readonly baseFee: bigint;
  readonly coinbase: Address;
}

/** anvil as a mere executor: mines exactly the given row of transactions, and takes blocks back. */
export interface Executor {
  /** Transactions that anvil refuses or cannot execute are absent from the block; the rest keep their order. */
  mine(row: readonly SignedTransaction[], frame: BlockFrame): Promise<DevBlock>;
  /** Takes the last blocks back. A write to state that came after the last block of before stays. */
  rollback(depth: number): Promise<void>;
  /** A write to state outside of any block (`anvil_setBalance` and the like). */
  poke(method: string, params: readonly unknown[]): Promise<unknown>;
  /** The block on top is final for now: writes to state up to here belong to it. */
  keep(): void;
  nonceOf(address: Address): Promise<number>;
  /** Storage on top of what is mined. */
  readonly storage: StorageView;
}

const Proof = z.looseObject({ storageHash: HashText });

export function createExecutor(rpc: Rpc): Executor {
  /** Writes to state since the last kept block: anvil's rollback would forget them. */
  let pokes: (readonly [string, readonly unknown[]])[] = [];

  return {
    async mine(row, { timestamp, baseFee, coinbase }) {
      await Promise.all([
        rpc.request("anvil_dropAllTransactions"),
        rpc.request("anvil_setCoinbase", [coinbase]),
        rpc.request("evm_setNextBlockTimestamp", [quantity(timestamp)]),
        rpc.request("anvil_setNextBlockBaseFeePerGas", [quantity(baseFee)]),
      ]);
      for (const { raw } of row) {
        try {
          // One by one: anvil does not keep the order of what arrives together.
          await rpc.request("eth_sendRawTransaction", [raw]);
        } catch (error) {
          if (!(error instanceof RpcError)) throw error;
        }
      }
      await rpc.request("evm_mine");
      return readLatestBlock(rpc, row);
    },
    async rollback(depth) {
      await rpc.request("anvil_rollback", [depth]);
      for (const [method, params] of pokes) await rpc.request(method, params);
    },
    async poke(method, params) {
      const answer = await rpc.request(method, params);
      pokes.push([method, params]);
      return answer;
    },
    keep() {
      pokes = [];
    },
    nonceOf: (address) => nonceOf(rpc, address),
    storage: {
      at: async (account, slot) =>
        HashText.parse(await rpc.request("eth_getStorageAt", [account, slot, "latest"])),
      root: async (account) =>
        Proof.parse(await rpc.request("eth_getProof", [account, [], "latest"])).storageHash,
    },
  };
}
