import { encodePlan } from "../../src/execution/calldata.ts";
import type { PlanEncoding } from "../../src/execution/calldata.ts";
import type { Address } from "../../src/chain/types.ts";
import type { Opportunity } from "../../src/search/opportunity.ts";
import { E18, planOf, startMarket, V2_FEE_PPM } from "./contractsMarket.ts";
import type { MadePool } from "./contractsMarket.ts";
import type { Mined } from "./contractsChain.ts";

const percent = (value: bigint): bigint => (E18 * value) / 100n;

/** Four plain tokens with pools of every family between them, all at odds with each other. */
export async function startStage() {
  const market = await startMarket();
  const { makeToken, makeV2, makeConcentrated } = market;
  const [a, b, c, d] = [await makeToken(), await makeToken(), await makeToken(), await makeToken()];
  const v2 = async (factory: number, x: Address, y: Address, price: bigint): Promise<MadePool> =>
    makeV2(factory, [x, 10_000n * E18], [y, 100n * E18 * price]);
  const pools = {
    v2Low: await v2(0, a, b, 100n),
    v2High: await v2(1, a, b, 110n),
    v3High: await makeConcentrated(3000, [a, b], percent(120n)),
    v3Low: await makeConcentrated(500, [a, b], percent(90n)),
    algebraLow: await makeConcentrated("algebra", [a, b], percent(80n)),
    algebraBc: await makeConcentrated("algebra", [b, c], percent(102n)),
    v3Bc: await makeConcentrated(500, [b, c], percent(101n)),
    v2Bc: await v2(0, b, c, 103n),
    v2Ca: await v2(0, c, a, 104n),
    v2Cd: await v2(1, c, d, 105n),
    v3Da: await makeConcentrated(500, [d, a], percent(106n)),
    algebraDa: await makeConcentrated("algebra", [d, a], percent(107n)),
  };
  const tokens = { a, b, c, d };

  const price = async (
    base: keyof typeof tokens,
    names: readonly (keyof typeof pools)[],
    amountIn = 10n * E18,
  ): Promise<Opportunity> =>
    market.priceCycle(
      tokens[base],
      names.map((name) => pools[name]),
      amountIn,
    );

  /** Sends the plan as the operator; unless told otherwise every wei of the predicted profit is demanded. */
  const execute = async (
    opportunities: readonly Opportunity[],
    options: Partial<PlanEncoding> & { readonly from?: Address } = {},
  ): Promise<Mined> =>
    market.send(options.from ?? market.operator, market.executor, encode(opportunities, options));

  /** What of the tokens, or of these, lies in the executor. */
  const leftInside = async (of: readonly Address[] = [a, b, c, d]): Promise<readonly bigint[]> =>
    Promise.all(of.map(async (token) => market.balance(token, market.executor)));

  return { ...market, tokens, pools, price, execute, leftInside };
}

export type Stage = Awaited<ReturnType<typeof startStage>>;
export type PoolName = keyof Stage["pools"];

/** Calldata of the opportunities as a plan, V2 fee 0.3 %, for any of the next blocks. */
export const encode = (opportunities: readonly Opportunity[], options: Partial<PlanEncoding> = {}) =>
  encodePlan(planOf(...opportunities), {
    minProfits: opportunities.map(({ profit }) => profit),
    maxBlock: 1_000_000n,
    parentHash: null,
    feePpmOf: () => V2_FEE_PPM,
    ...options,
  });
