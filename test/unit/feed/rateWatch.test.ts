import { expect, test } from "vitest";
import { createRateWatch, type RateWatch } from "../../../src/feed/rateWatch.ts";

/** Feeds so many a second for so long, checking once a second; gives the seconds at which it was starved. */
const play = (watch: RateWatch, from: number, seconds: number, perSecond: number): number[] => {
  const starved: number[] = [];
  for (let second = from; second < from + seconds; second++) {
    for (let i = 0; i < perSecond; i++) watch.note(second * 1000 + (i * 1000) / perSecond);
    if (watch.check((second + 1) * 1000).starved) starved.push(second);
  }
  return starved;
};

test("130 a second down to 1: noticed within ten seconds, for as long as it lasts", () => {
  const watch = createRateWatch();
  expect(play(watch, 0, 120, 130)).toEqual([]);
  const starved = play(watch, 120, 300, 1);
  expect((starved[0] ?? 999) - 120).toBeLessThanOrEqual(10);
  expect(starved.at(-1)).toBe(419);
  expect(play(watch, 420, 60, 130).at(-1) ?? 420).toBeLessThan(430);
});

test("a stop is noticed, a start is no drought, and neither is a stream that was always thin", () => {
  const stopped = createRateWatch();
  expect(play(stopped, 50, 60, 20)).toEqual([]);
  expect(play(stopped, 110, 15, 0).length).toBeGreaterThan(3);
  expect(play(createRateWatch(), 0, 100, 0)).toEqual([]);
  const thin = createRateWatch();
  for (let second = 0; second < 300; second++) {
    if (second % 5 === 0) thin.note(second * 1000);
    expect(thin.check((second + 1) * 1000).starved).toBe(false);
  }
});
