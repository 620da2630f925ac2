import { expect, test } from "vitest";
import { createDexBook, createTokenBook } from "../../../../src/control/seed/names.ts";
import { address } from "../../../support/marketFixture.ts";
import { tokenOf } from "../../../support/seedMarket.ts";

const WPOL = tokenOf(address(0xa), "WPOL");
const USDT0 = tokenOf(address(0xb), "USDT0", 6);
const MAI = tokenOf(address(0xc), "MAI");

test("tokens go by address and symbol in any case, and by the names that they had before", () => {
  const book = createTokenBook([WPOL, USDT0, MAI]);
  for (const name of [WPOL.address, WPOL.address.toUpperCase().replace("0X", "0x"), "wpol", "WMATIC", "Pol"])
    expect([name, book.find(name)]).toEqual([name, WPOL]);
  expect(book.find("usdt")).toBe(USDT0);
  expect(book.find("mai")).toBe(MAI);
  for (const name of ["", "DOGE", address(0xd), "__proto__", "constructor"])
    expect([name, book.find(name)]).toEqual([name, null]);
});

test("a symbol of the registry goes before an alias, and one that two tokens have names neither", () => {
  const usdt = tokenOf(address(0xd), "USDT", 6);
  const book = createTokenBook([USDT0, usdt, MAI, tokenOf(address(0xe), "mai")]);
  expect(book.find("USDT")).toBe(usdt);
  expect(book.find("USDT0")).toBe(USDT0);
  expect(book.find("MAI")).toBeNull();
  expect(book.find(MAI.address)).toBe(MAI);
});

test("exchanges go by full and short names; without a version all of its families are meant", () => {
  const book = createDexBook(["quickswap_v2", "quickswap_v3", "sushiswap_v2", "uniswap_v3"]);
  const found = (name: string) => [...(book.find(name) ?? [])];
  expect(found("quickswap")).toEqual(["quickswap_v2", "quickswap_v3"]);
  expect(found("QUICKSWAP_V2")).toEqual(["quickswap_v2"]);
  expect(found("UniswapV3")).toEqual(["uniswap_v3"]);
  expect(found("uniswap")).toEqual(["uniswap_v3"]);
  expect(found("sushi")).toEqual(["sushiswap_v2"]);
  expect(found("SushiSwap")).toEqual(["sushiswap_v2"]);
  expect(found("Quick-V3")).toEqual(["quickswap_v3"]);
  for (const name of ["uniswap_v2", "curve", "", "swap", "v3", "quickswap_v2_v3"])
    expect([name, book.find(name)]).toEqual([name, null]);
});

test("many made-up names are not remembered for ever", () => {
  const book = createTokenBook([WPOL]);
  for (let i = 0; i < 10_000; i++) expect(book.find(`token ${i}`)).toBeNull();
  expect(book.find("matic")).toBe(WPOL);
});
