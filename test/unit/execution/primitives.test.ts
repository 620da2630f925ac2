import { createRequire } from "node:module";
import { assert, property, uint8Array } from "fast-check";
import { keccak256 as viemKeccak256 } from "viem";
import { describe, expect, test } from "vitest";
import { loadNativeEcdsa, nobleEcdsa } from "../../../src/execution/ecdsa.ts";
import { loadWasmKeccak256, nobleKeccak256 } from "../../../src/execution/keccak256.ts";
import { loadPrimitives } from "../../../src/execution/primitives.ts";
import { silentLog, type Log } from "../../../src/lib/log.ts";

const native: unknown = createRequire(import.meta.url)("secp256k1/bindings.js");

test("keccak-256 of both backends is viem's, at every length around the sponge's blocks and the wasm's buffer", async () => {
  const wasm = await loadWasmKeccak256();
  const lengths = [...Array(820).keys(), 16_383, 16_384, 16_385, 40_000];
  for (const length of lengths) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 255);
    const expected = viemKeccak256(bytes);
    for (const backend of [wasm, nobleKeccak256])
      expect(`0x${Buffer.from(backend.hash(bytes)).toString("hex")}`).toBe(expected);
  }
});

test("both ECDSA backends make the same signatures", () => {
  const ecdsa = loadNativeEcdsa();
  const [a, b] = [new Uint8Array(64), new Uint8Array(64)];
  const key = uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytes.fill(1, 31));
  const parities = new Set<number>();
  assert(
    property(uint8Array({ minLength: 32, maxLength: 32 }), key, (hash, bytes) => {
      const parity = ecdsa.sign(hash, bytes, a);
      parities.add(parity);
      expect(parity).toBe(nobleEcdsa.sign(hash, bytes, b));
      expect(a).toEqual(b);
    }),
    { numRuns: 200 },
  );
  expect(parities.size).toBe(2);
});

/** A log that keeps its warnings. */
function listening(): { readonly log: Log; readonly warnings: [object, string][] } {
  const warnings: [object, string][] = [];
  const log: Log = { ...silentLog, warn: (facts, message) => void warnings.push([facts, message]) };
  return { log, warnings };
}

const missing = (): never => {
  throw new Error("no prebuild for this machine");
};

/** The real module, but with what it signs changed. */
const forged = (change: (signature: Uint8Array, recid: number) => number): unknown => {
  const real = native;
  if (typeof real !== "object" || real === null || !("ecdsaSign" in real)) throw new Error("no module");
  const { ecdsaSign } = real;
  if (typeof ecdsaSign !== "function") throw new Error("no signer");
  return {
    ...real,
    ecdsaSign: (hash: Uint8Array, key: Uint8Array, options: object, signature: Uint8Array) => {
      const { recid }: { recid: number } = Reflect.apply(ecdsaSign, real, [hash, key, options, signature]);
      return { recid: change(signature, recid) };
    },
  };
};

describe("primitives", () => {
  test("are the fast ones here, without a warning", async () => {
    const { log, warnings } = listening();
    const { ecdsa, keccak256 } = await loadPrimitives(log);
    expect([ecdsa.backend, keccak256.backend]).toEqual(["libsecp256k1", "hash-wasm"]);
    expect(warnings).toEqual([]);
  });

  test("fall back to noble, with one warning each that says why and what to do", async () => {
    const { log, warnings } = listening();
    const loaders = { ecdsa: () => loadNativeEcdsa(missing), keccak256: async () => missing() };
    const { ecdsa, keccak256 } = await loadPrimitives(log, loaders);
    expect([ecdsa.backend, keccak256.backend]).toEqual(["noble", "noble"]);
    expect(warnings).toEqual([
      [
        expect.objectContaining({
          backend: "noble",
          remedy: expect.stringContaining("npm rebuild secp256k1"),
        }),
        "native secp256k1 missing, signing is slower",
      ],
      [
        expect.objectContaining({ backend: "noble", remedy: expect.stringContaining("npm ci") }),
        "hash-wasm missing, hashing is slower",
      ],
    ]);
    for (const [facts] of warnings)
      expect(facts).toMatchObject({ err: { message: "no prebuild for this machine" } });
  });

  test.each([
    ["nothing", () => undefined, "not the native"],
    ["another module", () => ({ ecdsaSign: 1 }), "not the native"],
    [
      "one that signs wrongly",
      () => forged((signature, recid) => (signature.fill(7, 40, 41), recid)),
      "differently",
    ],
    ["one with the wrong parity", () => forged((_, recid) => recid ^ 1), "differently"],
    ["one with a strange recovery id", () => forged(() => 2), "group's order"],
  ])("a native module that is %s is not trusted", (_name, load, message) => {
    expect(() => loadNativeEcdsa(load)).toThrow(message);
  });

  test("the untouched module passes the same check", () => {
    expect(loadNativeEcdsa(() => forged((_, recid) => recid)).backend).toBe("libsecp256k1");
  });
});
