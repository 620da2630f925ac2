import { expect, test } from "vitest";
import { createCalibration } from "../../../src/mempool/calibration.ts";

test("a key without history begins at nine tenths, and each finding moves it by its share", () => {
  const calibration = createCalibration();
  expect(calibration.confidenceFloat("router.swap")).toBe(0.9);
  calibration.note("router.swap", "exact");
  expect(calibration.confidenceFloat("router.swap")).toBeCloseTo(10 / 11, 12);
  calibration.note("router.swap", "off");
  calibration.note("router.swap", "failed");
  expect(calibration.confidenceFloat("router.swap")).toBeCloseTo(10 / 13, 12);
  calibration.note("router.swap", "reverted");
  expect(calibration.confidenceFloat("router.swap")).toBeCloseTo(10 / 13, 12);
  expect(calibration.confidenceFloat("router.other")).toBe(0.9);
});

test("a key that is always right comes close to one, one that is always wrong close to zero", () => {
  const calibration = createCalibration();
  for (let i = 0; i < 1000; i++) {
    calibration.note("right", "exact");
    calibration.note("wrong", "off");
  }
  expect(calibration.confidenceFloat("right")).toBeGreaterThan(0.999);
  expect(calibration.confidenceFloat("right")).toBeLessThan(1);
  expect(calibration.confidenceFloat("wrong")).toBeLessThan(0.01);
  expect(calibration.confidenceFloat("wrong")).toBeGreaterThan(0);
});

test("rows tell all counts, the most predicted first", () => {
  const calibration = createCalibration();
  calibration.note("b.swap", "exact");
  calibration.note("a.swap", "failed");
  for (const verdict of ["exact", "off", "reverted", "failed"] as const) calibration.note("c.swap", verdict);
  expect(calibration.rows()).toEqual([
    { key: "c.swap", predicted: 4, exact: 1, off: 1, reverted: 1, failed: 1, confidenceFloat: 10 / 13 },
    { key: "a.swap", predicted: 1, exact: 0, off: 0, reverted: 0, failed: 1, confidenceFloat: 9 / 11 },
    { key: "b.swap", predicted: 1, exact: 1, off: 0, reverted: 0, failed: 0, confidenceFloat: 10 / 11 },
  ]);
});

test("what was not noted for longest makes room, and is counted", () => {
  const calibration = createCalibration(3);
  for (const key of ["a", "b", "c", "a", "d"]) calibration.note(key, "exact");
  expect(calibration.rows().map(({ key }) => key)).toEqual(["a", "c", "d"]);
  expect(calibration.forgotten).toBe(1);
  for (let i = 0; i < 10_000; i++) calibration.note(`0x${i}`, "off");
  expect(calibration.rows()).toHaveLength(3);
});
