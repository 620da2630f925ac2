import type { Address } from "../chain/types.ts";
import { JsonFault } from "../lib/jsonScanner.ts";
import type { FileReader, Snapshot } from "../market/snapshotFile.ts";
import type { FileMarket } from "./fileMarket.ts";
import { createForesight } from "./foresight.ts";
import { createLineCutter } from "./lineReader.ts";
import { openTransaction, type LineTransaction, type TransactionLine } from "./transactionLine.ts";

/** What a file of transactions did to a market. */
interface Applied {
  readonly transactions: number;
  /** Pools whose state is another one now. */
  readonly touched: readonly Address[];
}

/**
 * Applies a file's transactions to a market, in order, as they are read. One that reverts changes nothing; one that is
 * not understood is passed over; `note` is told of both. A line that is no transaction is a fault of the file.
 */
export function createAfterReader(
  snapshot: Snapshot,
  market: FileMarket,
  note: (text: string) => void,
): FileReader<Applied> {
  const foresight = createForesight(snapshot.chainId, snapshot);
  const touched = new Set<Address>();
  let lines = 0;
  let transactions = 0;

  const apply = (transaction: LineTransaction): string | null => {
    const decoding = foresight.decode(transaction);
    if (decoding.type === "unsupported") return `passed over: ${decoding.why}`;
    const { effects, reverts, complete } = foresight.predict(decoding, transaction, market.view);
    if (reverts !== null) return `changes nothing, it reverts: ${reverts}`;
    for (const { pool, after } of effects) {
      market.setState(pool.address, after);
      touched.add(pool.address);
    }
    transactions++;
    if (!complete) return "applied in part: the file lacks a pool on its way";
    return effects.some(({ estimate }) => estimate) ? "applied, but what it does is an estimate" : null;
  };
  const take = (line: TransactionLine): null => {
    if (line.type === "fault") {
      const { path, message } = line.fault;
      throw new JsonFault(`line ${lines}${path === "" ? "" : `: ${path}`}`, message);
    }
    const hash = line.type === "transaction" ? line.transaction.hash : line.hash;
    const remark = line.type === "transaction" ? apply(line.transaction) : `passed over: ${line.why}`;
    if (remark !== null) note(`line ${lines}${hash === null ? "" : ` (${hash})`}: ${remark}`);
    return null;
  };
  const cutter = createLineCutter(() => {
    lines++;
    return openTransaction(snapshot.chainId, take);
  });
  return {
    write: (chunk) => void cutter.write(chunk),
    end: () => {
      cutter.end();
      return { transactions, touched: [...touched] };
    },
  };
}
