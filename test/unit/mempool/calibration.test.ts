import { expect, test } from "vitest";
import { createCalibration } from "../../../src/mempool/calibration.ts";
import { addressOf } from "../../support/marketBlocks.ts";

const SOMEBODY = addressOf(0x5e);

test("a key without history begins at nine tenths, and each finding moves it by its share", () => {
  const calibration = createCalibration();
  expect(calibration.confidenceFloat("router.swap")).toBe(0.9);
  calibration.note("router.swap", "exact", null);
  expect(calibration.confidenceFloat("router.swap")).toBeCloseTo(10 / 11, 12);
  calibration.note("router.swap", "off", null);
  expect(calibration.confidenceFloat("router.swap")).toBeCloseTo(10 / 12, 12);
  calibration.note("router.swap", "failed", SOMEBODY);
  expect(calibration.confidenceFloat("router.swap")).toBeCloseTo(10 / 12.25, 12);
  calibration.note("router.swap", "reverted", null);
  expect(calibration.confidenceFloat("router.swap")).toBeCloseTo(10 / 12.25, 12);
  expect(calibration.confidenceFloat("router.other")).toBe(0.9);
});

test("a key that is always right comes close to one, one that is always wrong close to zero", () => {
  const calibration = createCalibration();
  for (let i = 0; i < 1000; i++) {
    calibration.note("right", "exact", null);
    calibration.note("wrong", "off", null);
  }
  expect(calibration.confidenceFloat("right")).toBeGreaterThan(0.999);
  expect(calibration.confidenceFloat("right")).toBeLessThan(1);
  expect(calibration.confidenceFloat("wrong")).toBeLessThan(0.01);
  expect(calibration.confidenceFloat("wrong")).toBeGreaterThan(0);
});

test("rows tell all counts, the most predicted first", () => {
  const calibration = createCalibration();
  calibration.note("b.swap", "exact", null);
  calibration.note("a.swap", "failed", SOMEBODY);
  for (const verdict of ["exact", "off", "reverted", "failed"] as const)
    calibration.note("c.swap", verdict, verdict === "failed" ? SOMEBODY : null);
  expect(calibration.rows()).toEqual([
    { key: "c.swap", predicted: 4, exact: 1, off: 1, reverted: 1, failed: 1, confidenceFloat: 10 / 12.25 },
    { key: "a.swap", predicted: 1, exact: 0, off: 0, reverted: 0, failed: 1, confidenceFloat: 9 / 10.25 },
    { key: "b.swap", predicted: 1, exact: 1, off: 0, reverted: 0, failed: 0, confidenceFloat: 10 / 11 },
  ]);
});

test("what was not noted for longest makes room, and is counted", () => {
  const calibration = createCalibration(3);
  for (const key of ["a", "b", "c", "a", "d"]) calibration.note(key, "exact", null);
  expect(calibration.rows().map(({ key }) => key)).toEqual(["a", "c", "d"]);
  expect(calibration.forgotten).toBe(1);
  for (let i = 0; i < 10_000; i++) calibration.note(`0x${i}`, "off", null);
  expect(calibration.rows()).toHaveLength(3);
});

/** Below what `min_confidence` asks for. */
const GATE = 0.75;

test("failures of one sender count once, those of a few strangers do not switch a function off", () => {
  const calibration = createCalibration();
  for (let i = 0; i < 100; i++) calibration.note("router.swap", "failed", SOMEBODY);
  expect(calibration.confidenceFloat("router.swap")).toBeCloseTo(9 / 10.25, 12);
  for (let i = 1; i <= 7; i++) calibration.note("router.swap", "failed", addressOf(i));
  expect(calibration.confidenceFloat("router.swap")).toBe(GATE);
  expect(calibration.rows()[0]).toMatchObject({ predicted: 107, failed: 107 });
});

test("what fails for everybody is switched off all the same, and what leaves another state at once", () => {
  const calibration = createCalibration();
  for (let i = 1; i <= 9; i++) calibration.note("router.swap", "failed", addressOf(i));
  expect(calibration.confidenceFloat("router.swap")).toBeLessThan(GATE);
  for (let i = 0; i < 3; i++) calibration.note("router.other", "off", null);
  expect(calibration.confidenceFloat("router.other")).toBeLessThan(GATE);
});

test("senders who failed are forgotten too, the first ones first", () => {
  const calibration = createCalibration();
  for (let round = 0; round < 2; round++)
    for (let i = 1; i <= 300; i++) calibration.note("router.swap", "failed", addressOf(i));
  expect(calibration.confidenceFloat("router.swap")).toBeCloseTo(9 / (10 + 600 / 4), 12);
});
