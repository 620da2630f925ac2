import { describe, expect, test } from "vitest";
import { createAfterReader } from "../../../src/cli/afterFile.ts";
import { createFileMarket } from "../../../src/cli/fileMarket.ts";
import { swapLine, txHash } from "../../support/cliTransactions.ts";
import { A, B, document, faultOf, read, snapshot, v2, V2 } from "../../support/snapshotDocuments.ts";

const OTHER = "0xa000000000000000000000000000000000000002";
const tokens = Object.fromEntries([A, B].map((token) => [token, { symbol: token, decimals: 18 }]));
const pools = snapshot(document([v2(), v2({ address: OTHER, dex: "sushiswap_v2" })], { tokens }));

/** What a file of these lines does to a market of its own, and what is noted. */
function apply(...lines: readonly string[]) {
  const market = createFileMarket(pools, { base: [A], maxHops: 3 });
  const notes: string[] = [];
  const applied = read(
    createAfterReader(pools, market, (text) => notes.push(text)),
    lines.join("\n"),
  );
  return { ...applied, notes, state: market.view.stateOf(V2) };
}

const swap = { path: [A, B], amountIn: 100n } as const;

describe("a file of transactions", () => {
  test("each acts on what the former ones left", () => {
    expect(apply(swapLine(swap))).toMatchObject({
      transactions: 1,
      touched: [V2],
      notes: [],
      state: { reserve0: 1100n, reserve1: 1819n },
    });
    // 1819 * 100 * 997000 / (1100 * 1000000 + 100 * 997000) = 151.1
    expect(apply(swapLine(swap), "", swapLine(swap))).toMatchObject({
      transactions: 2,
      touched: [V2],
      state: { reserve0: 1200n, reserve1: 1668n },
    });
  });

  test("one that reverts changes nothing, one that is not understood is named", () => {
    const { notes, ...rest } = apply(
      swapLine({ ...swap, least: 200n }),
      swapLine(swap, { to: A, hash: txHash(7) }),
    );
    expect(rest).toMatchObject({ transactions: 0, touched: [], state: { reserve0: 1000n } });
    expect(notes).toEqual([
      expect.stringMatching(/^line 1 \(0x0{63}1\): changes nothing, it reverts: ./),
      expect.stringMatching(/^line 2 \(0x0{63}7\): passed over: ./),
    ]);
  });

  test("what is known of one on its way through a pool that the file lacks", () => {
    const { notes, state } = apply(swapLine({ ...swap, path: [A, B, OTHER] }));
    expect(state).toMatchObject({ reserve0: 1100n });
    expect(notes).toEqual([expect.stringMatching(/applied in part/)]);
  });

  test("a malformed line is a fault, with its number", () => {
    const fine = swapLine(swap);
    expect(faultOf(() => apply(fine, fine, swapLine(swap, { value: "-1" })))).toMatchObject({
      path: "line 3: value",
    });
    expect(faultOf(() => apply(fine, "nonsense"))).toMatchObject({ path: "line 2" });
  });
});
