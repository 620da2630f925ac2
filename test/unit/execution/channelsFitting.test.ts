import { expect, test } from "vitest";
import type { Channel, Promises } from "../../../src/execution/channels/channel.ts";
import { channelsFor } from "../../../src/execution/channels/fitting.ts";
import { fakeChannel } from "../../support/executionFakes.ts";

const channel = (name: string, changes: Partial<Promises>): Channel => {
  const plain = fakeChannel(false, name);
  return { ...plain, promises: { ...plain.promises, ...changes } };
};

const relay = fakeChannel(true, "relay");
const quiet = channel("private", {});
const open = channel("public", { private: false });
const conditional = channel("conditional", { revertProtection: true, settledOnly: true });
const settledRelay = channel("settled relay", { carries: "bundle", settledOnly: true });

test.each([
  [
    "settled: all, in their order",
    [quiet, conditional, relay, open],
    false,
    [quiet, conditional, relay, open],
  ],
  ["behind: the bundle channels alone", [quiet, conditional, relay, open], true, [relay]],
  ["behind, without any: what does not hold to the state", [quiet, conditional, open], true, [quiet, open]],
  ["behind, a bundle channel for settled plans is none", [settledRelay, quiet], true, [quiet]],
  ["behind, with nothing that fits: none", [conditional], true, []],
  ["no channels: none", [], true, []],
] satisfies [string, Channel[], boolean, Channel[]][])("%s", (_name, channels, behind, fitting) => {
  expect(channelsFor(channels, behind)).toEqual(fitting);
});
