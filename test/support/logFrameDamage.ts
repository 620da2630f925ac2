import * as fc from "fast-check";

/** What may happen to a frame on its way, or what a strange node may write. */
export const damaged = (text: string): fc.Arbitrary<Buffer> => {
  const step = fc.oneof(
    digitSet(text),
    byteSet(text),
    cut(text),
    inserted(text),
    digitCase(text),
    doubled(text),
    renamed,
  );
  return fc.array(step, { minLength: 1, maxLength: 2 }).map((steps) => {
    let frame: Buffer = Buffer.from(text);
    for (const damage of steps) frame = damage(frame);
    return frame;
  });
};

type Step = (frame: Buffer) => Buffer;

const NASTY = [
  '"',
  "\\",
  "}",
  "{",
  "]",
  ",",
  ":",
  " ",
  "g",
  "G",
  "@",
  "`",
  "/",
  ":",
  "x",
  "\n",
  "\u0000",
  "\u007f",
];

const place = (text: string): fc.Arbitrary<number> => fc.nat(text.length - 1);

const DIGITS = Array.from("0123456789abcdefABCDEF");

const setAt = (at: number, byte: number): Step => {
  return (frame) => {
    const other = Buffer.from(frame);
    if (at < other.length) other[at] = byte;
    return other;
  };
};

const byteSet = (text: string): fc.Arbitrary<Step> =>
  fc
    .tuple(
      place(text),
      fc.oneof(
        fc.nat(255),
        fc.constantFrom(...NASTY, ...DIGITS).map((char) => char.charCodeAt(0)),
      ),
    )
    .map(([at, byte]) => setAt(at, byte));

const digitPlaces = (text: string): number[] =>
  [...text.matchAll(/0x[0-9a-f]+/g)].flatMap(({ index, 0: { length } }) =>
    Array.from({ length: length - 2 }, (_, i) => index + 2 + i),
  );

/** Another digit for a digit: most often still a log. */
const digitSet = (text: string): fc.Arbitrary<Step> =>
  fc
    .tuple(fc.constantFrom(...digitPlaces(text)), fc.constantFrom(...DIGITS))
    .map(([at, digit]) => setAt(at, digit.charCodeAt(0)));

const cut = (text: string): fc.Arbitrary<Step> =>
  fc.tuple(place(text), fc.nat(8), fc.boolean()).map(
    ([at, count, rest]) =>
      (frame) =>
        Buffer.concat([frame.subarray(0, at), rest ? Buffer.alloc(0) : frame.subarray(at + count)]),
  );

const inserted = (text: string): fc.Arbitrary<Step> =>
  fc
    .tuple(
      place(text),
      fc.constantFrom(" ", "\n", "0", "f", '"', ",", "\\u0061", '"removed":true,', '"x":0,'),
    )
    .map(
      ([at, what]) =>
        (frame) =>
          Buffer.concat([frame.subarray(0, at), Buffer.from(what), frame.subarray(at)]),
    );

const digitCase = (text: string): fc.Arbitrary<Step> =>
  place(text).map((at) => (frame) => {
    const other = frame.toString("latin1");
    return Buffer.from(
      other.slice(0, at) + other.slice(at, at + 64).toUpperCase() + other.slice(at + 64),
      "latin1",
    );
  });

/** A member of the log once more, in front of it or behind. */
const doubled = (text: string): fc.Arbitrary<Step> =>
  fc
    .constantFrom(
      '"removed":true',
      '"logIndex":"0x7"',
      '"blockNumber":"0x1"',
      `"address":"0x${"1".repeat(40)}"`,
    )
    .chain((member) =>
      fc.constantFrom('"result":{', text.includes("}}}") ? "}}}" : "}").map((beside) => (frame: Buffer) => {
        const whole = frame.toString("latin1");
        const insert = beside.startsWith("}") ? `,${member}${beside}` : `${beside}${member},`;
        return Buffer.from(whole.replace(beside, insert), "latin1");
      }),
    );

const renamed: fc.Arbitrary<Step> = fc
  .tuple(
    fc.constantFrom("address", "topics", "data", "logIndex", "removed", "result", "subscription", "method"),
    fc.constantFrom("Address", "data", "type", "blockTimestamp", "__proto__", "result"),
  )
  .map(
    ([from, to]) =>
      (frame) =>
        Buffer.from(frame.toString("latin1").replace(`"${from}"`, `"${to}"`), "latin1"),
  );
