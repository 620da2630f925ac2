import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeFunctionResult, encodeDeployData, encodeFunctionData } from "viem";
import type { Abi } from "viem";
import { z } from "zod";
import { startAnvil } from "../../devnet/anvil.ts";
import type { Address, Hex } from "../../src/chain/types.ts";
import { decodeExecutorError } from "../../src/execution/executorError.ts";

const ARTIFACTS = join(import.meta.dirname, "../../contracts/artifacts");

const isHex = (value: unknown): value is Hex => typeof value === "string" && /^0x[0-9a-f]*$/i.test(value);
const lowerHex = z
  .string()
  .transform((text) => text.toLowerCase())
  .pipe(z.custom<Hex>(isHex));
const quantity = z.string().transform(BigInt);

const receiptSchema = z.object({
  status: z.string(),
  gasUsed: quantity,
  blockNumber: quantity,
  contractAddress: lowerHex.nullish(),
  transactionHash: lowerHex,
  logs: z.array(z.object({ address: lowerHex, topics: z.array(lowerHex), data: lowerHex })),
});
const traceSchema = z.object({ output: lowerHex.optional() });
const blockSchema = z.object({ number: quantity, hash: lowerHex });

export interface Mined {
  readonly ok: boolean;
  readonly gasUsed: bigint;
  readonly blockNumber: bigint;
  readonly hash: Hex;
  readonly logs: readonly { address: Address; topics: readonly Hex[]; data: Hex }[];
  /** Why it reverted, in words; empty when it did not. */
  readonly error: string;
}

export interface Contract {
  readonly abi: Abi;
  readonly bytecode: Hex;
}

export type Chain = Awaited<ReturnType<typeof startChain>>;

const START_SECONDS = 1_790_000_000;
const GAS = "0x1c9c380";

/** A bare anvil with a block for every transaction: for tests of contracts. */
export async function startChain() {
  const anvil = await startAnvil([`--timestamp=${START_SECONDS}`]);
  let lastId = 0;

  async function rpc(method: string, params: readonly unknown[] = []): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: ++lastId, method, params });
    const headers = { "content-type": "application/json" };
    const response = await fetch(anvil.httpUrl, { method: "POST", headers, body });
    const answer = z
      .object({ result: z.unknown(), error: z.object({ message: z.string(), data: z.unknown() }).partial() })
      .partial()
      .parse(await response.json());
    if (answer.error !== undefined) throw new Error(`${method}: ${JSON.stringify(answer.error)}`);
    return answer.result;
  }

  // Every block two seconds after the last, whatever the clock says: gas depends on the time since the last swap.
  await rpc("anvil_setBlockTimestampInterval", [2]);
  const accounts = z.array(lowerHex).parse(await rpc("eth_accounts"));

  /** Mines one transaction in a block of its own. The sender may be any address, a contract's too. */
  async function send(from: Address, to: Address | null, data: Hex): Promise<Mined> {
    const foreign = !accounts.includes(from);
    if (foreign) {
      await rpc("anvil_impersonateAccount", [from]);
      await rpc("anvil_setBalance", [from, "0xde0b6b3a7640000"]);
    }
    const request = { from, data, gas: GAS, ...(to === null ? {} : { to }) };
    const hash = lowerHex.parse(await rpc("eth_sendTransaction", [request]));
    if (foreign) await rpc("anvil_stopImpersonatingAccount", [from]);
    await rpc("evm_mine");
    return mined(hash);
  }

  async function mined(hash: Hex): Promise<Mined> {
    const receipt = receiptSchema.parse(await rpc("eth_getTransactionReceipt", [hash]));
    const ok = receipt.status === "0x1";
    let error = "";
    if (!ok) {
      const trace = traceSchema.parse(
        await rpc("debug_traceTransaction", [
          hash,
          { tracer: "callTracer", tracerConfig: { onlyTopCall: true } },
        ]),
      );
      error = decodeExecutorError(trace.output ?? "0x");
    }
    return { ...receipt, hash, ok, error };
  }

  /** Like `send`, but a revert fails the test. */
  async function must(from: Address, to: Address | null, data: Hex): Promise<Mined> {
    const result = await send(from, to, data);
    if (!result.ok) throw new Error(`transaction to ${to} reverted: ${result.error}`);
    return result;
  }

  async function deploy(
    contract: Contract,
    args: readonly unknown[] = [],
    from = accounts[0],
  ): Promise<Address> {
    const { abi, bytecode } = contract;
    const data = encodeDeployData({ abi, bytecode, args });
    const hash = lowerHex.parse(await rpc("eth_sendTransaction", [{ from, data, gas: GAS }]));
    await rpc("evm_mine");
    const receipt = receiptSchema.parse(await rpc("eth_getTransactionReceipt", [hash]));
    if (receipt.status !== "0x1" || !receipt.contractAddress) throw new Error("deployment reverted");
    return receipt.contractAddress;
  }

  async function read(
    to: Address,
    abi: Abi,
    functionName: string,
    args: readonly unknown[] = [],
  ): Promise<unknown> {
    const data = encodeFunctionData({ abi, functionName, args });
    const result = lowerHex.parse(await rpc("eth_call", [{ to, data }, "latest"]));
    return decodeFunctionResult({ abi, functionName, args, data: result });
  }

  return {
    /** One of anvil's ten funded accounts. */
    account: (i: number): Address => {
      const found = accounts[i];
      if (found === undefined) throw new Error(`anvil has no account ${i}`);
      return found;
    },
    rpc,
    send,
    must,
    mined,
    deploy,
    read,
    head: async () => blockSchema.parse(await rpc("eth_getBlockByNumber", ["latest", false])),
    code: async (address: Address) => lowerHex.parse(await rpc("eth_getCode", [address, "latest"])),
    snapshot: async () => rpc("evm_snapshot"),
    restore: async (id: unknown) => rpc("evm_revert", [id]),
    stop: async () => anvil.stop(),
  };
}

const contractSchema = z.object({ abi: z.custom<Abi>(Array.isArray), bytecode: lowerHex });

const json = (name: string): unknown => JSON.parse(readFileSync(join(ARTIFACTS, `${name}.json`), "utf8"));

/** The executor and the test contracts, as committed; `artifacts.test.ts` holds them equal to their sources. */
export function loadContracts(): Readonly<Record<string, Contract>> {
  const forTests = z.record(z.string(), contractSchema).parse(json("test"));
  return { ...forTests, ArbExecutor: contractSchema.parse(json("ArbExecutor")) };
}
