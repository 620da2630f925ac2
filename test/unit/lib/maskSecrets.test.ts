import { expect, test } from "vitest";
import { maskSecrets } from "../../../src/lib/maskSecrets.ts";

test.each([
  ["?apikey=AbCdEf+GhIjKl/1234567==", "AbCdEf+GhIjKl/1234567=="],
  ["?apikey=AbCdEf+GhIjKl/1234567==", "AbCdEf GhIjKl/1234567=="],
  ["?apikey=AbCdEf+GhIjKl/1234567==", "AbCdEf%2BGhIjKl%2F1234567%3D%3D"],
  ["?apikey=AbCdEf%2BGhIjKl", "AbCdEf%2BGhIjKl"],
  ["?apikey=AbCdEf%2BGhIjKl", "AbCdEf+GhIjKl"],
  ["?chain=137&AbCdEfGhIj", "AbCdEfGhIj"],
  ["v2/AbC%2FdEf12345", "AbC%2FdEf12345"],
  ["v2/AbC%2FdEf12345", "AbC/dEf12345"],
  ["v2/AbC%zz%2FdEf12345", "AbC%zz/dEf12345"],
  ["v2/schlüssel", "schlüssel"],
  ["v2/schlüssel", "schl%C3%BCssel"],
])("a key in /%s is taken out where a place repeats it as %s", (path, repeated) => {
  expect(maskSecrets(`https://x.example/${path}`)(`bad key ${repeated}, sorry`)).toBe(
    "bad key [secret], sorry",
  );
});

test.each(["pass%40word", "pass@word", "dXNlcjpwYXNzQHdvcmQ="])(
  "a password, sent as basic authorization, is taken out where it comes back as %s",
  (repeated) => {
    expect(maskSecrets("https://user:pass%40word@x.example/")(`not ${repeated}`)).toBe("not [secret]");
  },
);

test("a header is taken out whole and in words; what is short or strange stays", () => {
  const mask = maskSecrets("https://x.example/v2/rpc?chain=137", ["Bearer canary-5f1d"]);
  expect(mask("got Bearer canary-5f1d")).toBe("got [secret]");
  expect(mask("got canary-5f1d on /v2/rpc, chain=137")).toBe("got [secret] on /v2/rpc, chain=137");
});
