import type { Layout } from "./layout.ts";

/** Pairs, groups and neighbours by token: only what joins later is looked up here, so it is built with the first join. */
export interface TokenWeb {
  /** The lane from one token to another, or -1. */
  lane(from: number, to: number): number;
  /** The group of a base and a token, or -1. */
  group(base: number, token: number): number;
  /** Lanes that leave a token. */
  lanesFrom(token: number): readonly number[];
  addPair(pair: number): void;
  addGroup(base: number, token: number, group: number): void;
}

/** Two token ids as one exact number. */
const KEY = 2 ** 26;
const keyOf = (one: number, other: number): number => one * KEY + other;

export function createTokenWeb(layout: Layout, pairs: number, groups: number): TokenWeb {
  const { laneTokens, firstRecord, firstLane, secondLane } = layout;
  const lanes = new Map<number, number>();
  const groupIds = new Map<number, number>();
  const leaving: number[][] = [];
  const addLane = (lane: number) => {
    const from = laneTokens[lane] ?? 0;
    while (leaving.length <= from) leaving.push([]);
    leaving[from]?.push(lane);
    lanes.set(keyOf(from, laneTokens[lane ^ 1] ?? 0), lane);
  };
  const addPair = (pair: number) => {
    addLane(2 * pair);
    addLane(2 * pair + 1);
  };
  for (let pair = 0; pair < pairs; pair++) addPair(pair);
  for (let group = 0; group < groups; group++) {
    const record = firstRecord[group] ?? 0;
    const base = laneTokens[firstLane[record] ?? 0] ?? 0;
    groupIds.set(keyOf(base, laneTokens[(secondLane[record] ?? 0) ^ 1] ?? 0), group);
  }
  return {
    lane: (from, to) => lanes.get(keyOf(from, to)) ?? -1,
    group: (base, token) => groupIds.get(keyOf(base, token)) ?? -1,
    lanesFrom: (token) => leaving[token] ?? [],
    addPair,
    addGroup: (base, token, group) => {
      groupIds.set(keyOf(base, token), group);
    },
  };
}
