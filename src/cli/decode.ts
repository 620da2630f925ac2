import type { Address, Hash } from "../chain/types.ts";
import { InputError } from "../lib/errors.ts";
import { createSnapshotReader, type Snapshot } from "../market/snapshotFile.ts";
import type { StateView } from "../market/stateView.ts";
import type { Effects, PoolEffect } from "../mempool/effects.ts";
import { swapsOf, type DecodedTransaction, type SwapCall } from "../mempool/routerCall.ts";
import { createForesight, type Foresight } from "./foresight.ts";
import { readInputFile } from "./inputFile.ts";
import { answerLines, faultMessage } from "./lineReader.ts";
import type { Output } from "./output.ts";
import { printedState } from "./poolStateJson.ts";
import { openTransaction, type TransactionLine } from "./transactionLine.ts";

export interface DecodeOptions {
  readonly snapshot?: string;
  /** Default: the snapshot's, or Polygon. */
  readonly chain?: number;
}

const POLYGON = 137;
const NO_POOLS = { pools: [], tokens: new Map(), blockTime: null } satisfies Partial<Snapshot>;

const earlier = (a: bigint | null, b: bigint | null): bigint | null =>
  a === null || (b !== null && b < a) ? b : a;

/** Whichever deadline ends it first, the swap's own or the whole transaction's. */
function printedSwap(swap: SwapCall, transactionDeadline: bigint | null): Record<string, unknown> {
  const deadline = earlier(swap.deadline, transactionDeadline);
  return {
    exact: swap.exact,
    amount: swap.amount.toString(),
    limit: swap.limit.toString(),
    path: swap.path,
    dex: swap.dex,
    ...(swap.feesPpm === null ? {} : { feesPpm: swap.feesPpm }),
    recipient: swap.recipient,
    ...(deadline === null ? {} : { deadline: deadline.toString() }),
    feeOnTransfer: swap.feeOnTransfer,
  };
}

const printedEffect = ({ pool, tokenIn, tokenOut, ...rest }: PoolEffect): Record<string, unknown> => ({
  pool: pool.address,
  tokenIn,
  tokenOut,
  amountIn: rest.amountIn.toString(),
  amountOut: rest.amountOut.toString(),
  after: printedState(rest.after),
  ...(rest.estimate ? { estimate: true } : {}),
});

function printed(hash: Hash | null, decoded: DecodedTransaction, effects: Effects | null) {
  const reverts = effects?.reverts ?? null;
  return {
    hash,
    router: decoded.router,
    function: decoded.functionName,
    swaps: swapsOf(decoded.calls).map((swap) => printedSwap(swap, decoded.deadline)),
    ...(effects === null ? {} : { effects: effects.effects.map(printedEffect) }),
    ...(reverts === null ? {} : { reverts }),
  };
}

/** `view` null: no pools are known, so nothing is foretold. */
function answerTo(line: TransactionLine, foresight: Foresight, view: StateView | null) {
  if (line.type === "unsupported") return { hash: line.hash, unsupported: line.why };
  if (line.type === "fault") {
    const code = line.syntax ? "bad_json" : "bad_transaction";
    return { hash: line.hash, error: { code, message: faultMessage(line.fault) } };
  }
  const { transaction } = line;
  const decoding = foresight.decode(transaction);
  if (decoding.type === "unsupported") return { hash: transaction.hash, unsupported: decoding.why };
  const effects = view === null ? null : foresight.predict(decoding, transaction, view);
  return printed(transaction.hash, decoding, effects);
}

/** Reads the pools, and settles which chain is meant. */
async function openSnapshot({ snapshot: file, chain }: DecodeOptions) {
  if (file === undefined) return { chainId: chain ?? POLYGON, snapshot: null };
  const snapshot = await readInputFile(file, createSnapshotReader());
  if (chain !== undefined && chain !== snapshot.chainId)
    throw new InputError("chainId", `${file}: chainId: is ${snapshot.chainId}, but --chain says ${chain}`);
  return { chainId: snapshot.chainId, snapshot };
}

/**
 * Reads one transaction a line, in order, and tells what it asks for; with a snapshot also what it would do, each alone
 * against it. A line that is no transaction gets an error answer with the code `bad_json` or `bad_transaction`; the
 * stream goes on.
 */
export async function decode(
  options: DecodeOptions,
  input: AsyncIterable<Buffer>,
  output: Output,
): Promise<void> {
  const { chainId, snapshot } = await openSnapshot(options);
  const foresight = createForesight(chainId, snapshot ?? NO_POOLS);
  const states = new Map(snapshot?.pools.map(({ pool, state }) => [pool.address, state]));
  const view = snapshot === null ? null : { stateOf: (pool: Address) => states.get(pool) ?? null };
  const openLine = () => openTransaction(chainId, (line) => JSON.stringify(answerTo(line, foresight, view)));
  for await (const answers of answerLines(input, openLine)) await output.write(answers);
}
