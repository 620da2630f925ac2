import { describe, expect, test } from "vitest";
import { baseFeeBound, POLYGON_FEES } from "../../../src/chain/fees.ts";
import { chargedGas, POLYGON_GAS } from "../../../src/execution/gas.ts";
import { nobleKeccak256 } from "../../../src/execution/keccak256.ts";
import { prepare, type PrepareOptions, type PrepareParts } from "../../../src/execution/prepare.ts";
import { promisedProfits } from "../../../src/execution/profits.ts";
import type { Hex } from "../../../src/chain/types.ts";
import { decisionOf, hashOf, opportunityOf } from "../../support/executionPlan.ts";

const GAS_USED = 200_000n;
const decision = decisionOf();
const expected = chargedGas(POLYGON_GAS, GAS_USED, decision.plan);
/** What the simulated gas may cost in the target block, whose base fee may be 5 % above the parent's. */
const cost =
  expected * (baseFeeBound(decision.baseFeePerGas, POLYGON_FEES.baseFeeStepPpm, 1) + POLYGON_FEES.tip);

const options: PrepareOptions = {
  fees: POLYGON_FEES,
  gas: POLYGON_GAS,
  race: null,
  leastProfitPpm: 1_000_000n,
  blockSeconds: [1, 2],
};

const surroundings = {
  way: {
    kind: "settled",
    channels: [],
    graceBlocks: 0,
    bundledUntil: 101,
    expires: true,
    simulatedBeside: false,
  },
  keccak256: nobleKeccak256,
  recentTip: null,
  nonceOf: () => Promise.reject(new Error("nobody's nonce matters")),
} satisfies Partial<PrepareParts>;

/** What becomes of a plan that earns `earned` wei before gas. */
async function codeOf(earned: bigint, minNet?: bigint): Promise<string> {
  const preparation = await prepare(
    { ...decision, net: earned - decision.gasCost },
    null,
    minNet === undefined ? options : { ...options, minNet },
    {
      ...surroundings,
      feePpmOf: () => 3000,
      onAsked: () => undefined,
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

/** A plan through one V2 and one Algebra pool: the calldata simulated and to be sent, and how often it was encoded. */
async function encodings(
  changes: Partial<PrepareOptions>,
  guards: readonly ("parent" | "anyParent")[] = ["parent"],
) {
  const plan = { trigger: decision.plan.trigger, opportunities: [opportunityOf(500n, ["v2", "algebra"])] };
  const simulated: Hex[] = [];
  const announced: Hex[] = [];
  let encoded = 0;
  const preparation = await prepare(
    { ...decision, plan, net: 10n ** 18n },
    { hash: hashOf(100), timestamp: decision.targetTimestamp - 2 },
    { ...options, ...changes },
    {
      ...surroundings,
      feePpmOf: () => {
        encoded++;
        return 3000;
      },
      onAsked: (calldata) => {
        // Both simulations are under way.
        expect(simulated).toHaveLength(2 * guards.length);
        announced.push(calldata);
      },
      simulator: {
        method: "eth_simulateV1",
        simulate: (request) => {
          for (const guard of guards) simulated.push(request.encode(request.minProfits, guard));
          return Promise.resolve({ type: "ok", gasUsed: GAS_USED, realised: promisedProfits(plan) });
        },
      },
    },
  );
  const sent = preparation.ok ? preparation.prepared.calldata : null;
  expect(announced).toEqual([sent]);
  return { simulated, encoded, sent };
}

describe("calldata", () => {
  test("is encoded once for all simulations and the send where it is the same", async () => {
    const { simulated, encoded, sent } = await encodings({});
    expect(simulated).toEqual([sent, sent]);
    expect(encoded).toBe(1);
  });

  test("without the parent guard is another one, which is not sent", async () => {
    const { simulated, sent } = await encodings({}, ["parent", "anyParent"]);
    const bare = (sent ?? "").replace(hashOf(100).slice(2), hashOf(0).slice(2));
    expect(bare).not.toBe(sent);
    expect(simulated).toEqual([sent, bare, sent, bare]);
  });

  test("is encoded anew for the send where less profit will do on chain", async () => {
    const { simulated, encoded, sent } = await encodings({ leastProfitPpm: 500_000n });
    const [first = "0x"] = simulated;
    expect(simulated).toEqual([first, first]);
    expect(sent).toBe(
      first.replace((500).toString(16).padStart(64, "0"), (250).toString(16).padStart(64, "0")),
    );
    expect(sent).not.toBe(first);
    expect(encoded).toBe(2);
  });
});
