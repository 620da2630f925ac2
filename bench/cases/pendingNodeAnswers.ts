import { encodeAbiParameters, encodeEventTopics } from "viem";
import { executorAbi } from "../../src/chain/executorAbi.ts";
import { BENCH_OPERATOR } from "./pendingEngine.ts";
import { EXECUTOR } from "./plans.ts";

const WORD_CHARS = 64;
/** Behind `0x` and the selector. */
const ARGUMENTS_AT = 10;

const wordAt = (input: string, word: number): string =>
  input.slice(ARGUMENTS_AT + word * WORD_CHARS, ARGUMENTS_AT + (word + 1) * WORD_CHARS);
const numberAt = (input: string, word: number): number => Number.parseInt(wordAt(input, word), 16);

interface SimulatedCall {
  readonly to?: string;
  readonly input?: string;
}

/** Logs of other contracts that come with a swap: a pool's and the tokens'. */
const OTHERS = Array.from(
  { length: 9 },
  (_, i) =>
    `{"address":"0x${i.toString(16).padStart(40, "7")}","topics":["0x${"d7".repeat(32)}","0x${"01".repeat(32)}","0x${"02".repeat(32)}"],"data":"0x${"00".repeat(128)}","blockNumber":"0x42c1d81","transactionHash":"0x${"0c".repeat(32)}","transactionIndex":"0x0","blockHash":"0x${"0d".repeat(32)}","logIndex":"0x${i.toString(16)}","removed":false}`,
);

/** What the executor says when each cycle brings just what its call asks for: `execute(cycles, maxBlock, parentHash)`. */
function executorLogs(input: string): readonly string[] {
  const count = numberAt(input, 3);
  return Array.from({ length: count }, (_, i) => {
    const cycle = 4 + numberAt(input, 4 + i) / 32;
    const base = `0x${wordAt(input, cycle).slice(24)}` as const;
    const profit = BigInt(`0x${wordAt(input, cycle + 2)}`);
    const args = { index: BigInt(i), base };
    const topics = encodeEventTopics({ abi: executorAbi, eventName: "CycleExecuted", args });
    const data = encodeAbiParameters([{ type: "uint256" }], [profit]);
    return JSON.stringify({ address: EXECUTOR, topics, data, logIndex: "0x20", removed: false });
  });
}

const isCalls = (value: unknown): value is { blockStateCalls: { calls: SimulatedCall[] }[] } =>
  typeof value === "object" && value !== null && "blockStateCalls" in value;

/** `eth_simulateV1`: every call goes through, and the executor's brings what it promises. */
function simulate([payload]: readonly unknown[]): string | null {
  if (!isCalls(payload)) return null;
  const calls = payload.blockStateCalls[0]?.calls ?? [];
  const results = calls.map(({ to, input = "0x" }) => {
    const logs = to === EXECUTOR ? [...OTHERS, ...executorLogs(input)] : OTHERS.slice(0, 4);
    return `{"returnData":"0x","logs":[${logs.join(",")}],"gasUsed":"0x27100","status":"0x1"}`;
  });
  return `[{"number":"0x42c1d81","hash":"0x${"0d".repeat(32)}","calls":[${results.join(",")}]}]`;
}

/** The result as text; null: something is missing from the question, as a node says that knows the method. */
export function answerCall(method: string, params: readonly unknown[]): string | null {
  switch (method) {
    case "eth_chainId":
      return '"0x89"';
    case "eth_simulateV1":
      return simulate(params);
    case "eth_call":
      return `"0x${BENCH_OPERATOR.slice(2).padStart(64, "0")}"`;
    case "eth_getBalance":
      return '"0x56bc75e2d63100000"';
    case "eth_getTransactionCount":
      return '"0x0"';
    case "eth_getTransactionReceipt":
      return "null";
    default:
      return null;
  }
}
