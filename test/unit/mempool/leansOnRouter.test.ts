import { expect, test } from "vitest";
import { leansOnRouter, type RouterCall, type SwapCall } from "../../../src/mempool/routerCall.ts";
import { address, USDC, WPOL } from "../../support/marketFixture.ts";

const swap: SwapCall = {
  type: "swap",
  dex: "dex1",
  path: [WPOL, USDC],
  feesPpm: null,
  exact: "in",
  amount: 1n,
  amountIsBalance: false,
  limit: 0n,
  sqrtPriceLimitX96: 0n,
  recipient: address(9),
  receiver: "sender",
  payer: "sender",
  feeOnTransfer: false,
  deadline: null,
};
const receiver = "sender";

test.each<readonly [string, boolean, RouterCall]>([
  ["a swap that its sender pays", false, swap],
  ["a swap of the router's balance", true, { ...swap, amountIsBalance: true }],
  ["a swap that the router pays", true, { ...swap, payer: "router" }],
  ["one that may fail", true, { type: "optional", calls: [swap, { ...swap, payer: "router" }] }],
  ["a pull", false, { type: "pull", token: WPOL, amount: 1n, receiver }],
  ["wrapping so much", false, { type: "wrap", amount: 1n, receiver }],
  ["wrapping what there is", true, { type: "wrap", amount: null, receiver }],
  ["unwrapping", true, { type: "unwrap", minimum: 0n, receiver }],
  ["a sweep", true, { type: "sweep", token: WPOL, minimum: 0n, receiver }],
])("%s goes by what the router has of its own: %s", (_name, leans, call) => {
  expect(leansOnRouter([swap, call])).toBe(leans);
});
