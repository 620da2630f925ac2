import { afterEach, expect, test } from "vitest";
import { socketDirectory } from "../../../src/control/options.ts";
import { RpcError } from "../../../src/control/rpcError.ts";
import { BACKWARDS, controlStage, CYCLE, triangle, type ControlStage } from "../../support/controlStage.ts";
import { address, committed, header, syncLog, UNIT } from "../../support/marketFixture.ts";

let stage: ControlStage | null = null;
afterEach(async () => {
  await stage?.stop();
  stage = null;
});
const opened = (...settings: Parameters<typeof controlStage>): ControlStage =>
  (stage = controlStage(...settings));

const route = { token_in: "WPOL", token_out: "WPOL", amount: "1000", ...CYCLE };

test("the other door has what is open to all, and neither subscriptions nor the owner's methods", async () => {
  const { control, owner } = opened();
  await expect(control.dispatch("version", {})).resolves.toMatchObject({ access: "open" });
  await expect(control.dispatch("status", {})).resolves.toMatchObject({ hints: 0, mode: "dry-run" });
  await expect(control.dispatch("processRoute", route)).resolves.toMatchObject({ profitable: true });
  for (const method of ["pause", "halt", "reload", "subscribe", "hint.results"]) {
    const params =
      method === "subscribe"
        ? { topics: ["heads"] }
        : method === "pause" || method === "halt"
          ? { reason: "x" }
          : {};
    await expect(control.dispatch(method, params)).rejects.toMatchObject({ code: -32006 });
  }
  await expect(control.dispatch("nothing", {})).rejects.toBeInstanceOf(RpcError);
  await expect(control.dispatch("why", 5)).rejects.toMatchObject({ code: -32602 });
  expect(owner).toEqual([]);
});

test("rates: hints and routes have each their own, and the answer says when to come again", async () => {
  let now = 0;
  const { control } = opened({
    clock: { now: () => now, monotonic: () => now },
    options: { hints_per_second: 100, hints_burst: 200, routes_per_second: 2500 },
  });
  const hints = Array.from({ length: 200 }, () => BACKWARDS);
  await control.dispatch("hint.push", { hints });
  await expect(control.dispatch("hint.push", { hints: [CYCLE] })).rejects.toMatchObject({
    code: -32005,
    data: { retry_ms: 10 },
  });
  // Those from inside the house have no rate.
  expect(control.push([CYCLE], "signals")).toMatchObject([{ verdict: "accepted" }]);
  now += 10;
  await control.dispatch("hint.push", { hints: [CYCLE] });
  await control.dispatch(
    "findArbitrage",
    Array.from({ length: 5000 }, () => route),
  );
  await expect(control.dispatch("processRoute", route)).rejects.toMatchObject({ code: -32005 });
  now += 1;
  await control.dispatch("processRoute", route);
  await expect(control.dispatch("why", { id: "x" })).rejects.toMatchObject({
    code: -32005,
    data: { retry_ms: 40 },
  });
});

test("figures of the seed: found, dispatched, kept, and how fast", async () => {
  const { control, step, block } = opened({ options: { python_route_us: 1e6 }, entries: triangle(1) });
  expect(await control.dispatch("metrics", {})).toMatchObject({
    processing_time_us: null,
    opportunities_found: 0,
    bundles_dispatched: 0,
    mev_protection_saves_usd: 0,
    speedup_ratio: null,
  });
  const opening = header(3);
  const log = syncLog(address(3), 1_200_000n * UNIT, 1_000_000n * UNIT, opening);
  const submit = step(committed(opening, [log])).find((decision) => decision.type === "submit");
  step({
    type: "outcome",
    time: 1,
    intentId: submit?.intentId ?? "",
    fate: "included",
    reason: "",
    block: 4,
    transactionHash: null,
  });
  await control.dispatch("processRoute", route);
  control.push([CYCLE, { id: "x", path: ["A", "B"], dexes: ["dex1"] }], "brain");
  block();
  const metrics = await control.dispatch("metrics", {});
  expect(metrics).toMatchObject({
    bundles_dispatched: expect.any(Number),
    text: expect.stringMatching(
      /^turbo_mev_head_block 2\n# HELP turbo_mev_hints_total .*\n# TYPE .* counter\n(turbo_mev_hints_total\{state="\w+"\} \d+\n)+$/,
    ),
  });
  const {
    mev_protection_saves_usd: kept,
    speedup_ratio: speed,
    processing_time_us: micros,
  } = figuresOf(metrics);
  // One WPOL is worth about one USDC in this market, and the plan's net some thousands.
  const net = Number(submit?.net ?? 0n) / 1e18;
  expect(net).toBeGreaterThan(100);
  expect(kept).toBeGreaterThan(net * 0.9);
  expect(kept).toBeLessThan(net * 1.1);
  expect(micros).toBeGreaterThan(0);
  expect(speed).toBeGreaterThan(1);
  expect(figuresOf(metrics)["opportunities_found"]).toBeGreaterThan(0);
});

function figuresOf(answer: unknown): Record<string, number> {
  const figures = Object.entries(answer ?? {}).filter(
    (entry): entry is [string, number] => typeof entry[1] === "number",
  );
  return Object.fromEntries(figures);
}

test("with a public channel nothing is counted as kept", async () => {
  const { control, step } = opened({ options: { publicChannel: true }, entries: triangle(1) });
  const log = syncLog(address(3), 1_200_000n * UNIT, 1_000_000n * UNIT, header(3));
  const submit = step(committed(header(3), [log])).find((decision) => decision.type === "submit");
  const outcome = { type: "outcome", time: 1, reason: "", block: 4, transactionHash: null } as const;
  step({ ...outcome, intentId: submit?.intentId ?? "", fate: "included" });
  expect(await control.dispatch("metrics", {})).toMatchObject({ mev_protection_saves_usd: 0 });
});

test("the folder of the sockets: named, the service's, the user's, or none", () => {
  const both = { RUNTIME_DIRECTORY: "/run/turbo-mev:/run/more", XDG_RUNTIME_DIR: "/run/user/1000" };
  expect(socketDirectory("/srv/x", both)).toBe("/srv/x");
  expect(socketDirectory("", both)).toBe(null);
  expect(socketDirectory("auto", both)).toBe("/run/turbo-mev");
  expect(socketDirectory("auto", { XDG_RUNTIME_DIR: "/run/user/1000" })).toBe("/run/user/1000/turbo-mev");
  expect(socketDirectory("auto", {})).toBe(null);
});
