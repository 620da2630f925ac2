import { InvalidArgumentError } from "commander";

/** Reads an option that is a whole number from `least` to `most`. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };

/** Gathers the values of an option that may be repeated. */
export const collect = (value: string, former: readonly string[]): readonly string[] => [...former, value];
