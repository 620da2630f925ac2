import { describe, expect, test } from "vitest";
import { baseFeeBound, POLYGON_FEES } from "../../../src/chain/fees.ts";
import { chooseGas, coldSlots, POLYGON_GAS } from "../../../src/execution/gas.ts";
import { prepare } from "../../../src/execution/prepare.ts";
import { promisedProfits } from "../../../src/execution/profits.ts";
import { decisionOf } from "../../support/executionPlan.ts";

const GAS_USED = 200_000n;
const decision = decisionOf();
const expected = chooseGas(POLYGON_GAS, GAS_USED, coldSlots(decision.plan))?.expected ?? 0n;
/** What the simulated gas may cost in the target block, whose base fee may be 5 % above the parent's. */
const cost =
  expected * (baseFeeBound(decision.baseFeePerGas, POLYGON_FEES.baseFeeStepPpm, 1) + POLYGON_FEES.tip);

/** What becomes of a plan that earns `earned` wei before gas. */
async function codeOf(earned: bigint, minNet?: bigint): Promise<string> {
  const options = {
    fees: POLYGON_FEES,
    gas: POLYGON_GAS,
    graceBlocks: 0,
    leastProfitPpm: 1_000_000n,
    blockSeconds: [1, 2],
  };
  const preparation = await prepare(
    { ...decision, net: earned - decision.gasCost },
    null,
    minNet === undefined ? options : { ...options, minNet },
    {
      feePpmOf: () => 3000,
      simulator: {
        method: "eth_simulateV1",
        simulate: () =>
          Promise.resolve({ type: "ok", gasUsed: GAS_USED, realised: promisedProfits(decision.plan) }),
      },
    },
  );
  return preparation.ok ? "sent" : preparation.refusal.code;
}

describe("profit after the simulation's gas", () => {
  test("must be there, in the dearest block that may come", async () => {
    expect(await codeOf(cost)).toBe("gas_over_profit");
    expect(await codeOf(cost + 1n)).toBe("sent");
  });

  test("must be what the operator asks for", async () => {
    const minNet = 10n ** 16n;
    expect(await codeOf(cost + minNet - 1n, minNet)).toBe("below_min_profit");
    expect(await codeOf(cost + minNet, minNet)).toBe("sent");
    expect(await codeOf(cost, minNet)).toBe("gas_over_profit");
  });
});
