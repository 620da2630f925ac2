import type { ChainRegistry } from "../chain/registry.ts";
import type { Address, Token } from "../chain/types.ts";
import { EXIT, PlainError } from "../lib/errors.ts";
import { safeText } from "../lib/safeText.ts";
import type { Snapshot } from "../market/snapshotFile.ts";

const usage = (message: string): PlainError => new PlainError(EXIT.usage, message);

const ADDRESS = /^0x[0-9a-f]{40}$/i;

const lowerCase = (address: string): Address => `0x${address.slice(2).toLowerCase()}`;

const bySymbol = (name: string, tokens: readonly Token[], registry: ChainRegistry | null): Address => {
  const exact = tokens.filter(({ symbol }) => symbol === name);
  const found =
    exact.length > 0 ? exact : tokens.filter(({ symbol }) => symbol.toLowerCase() === name.toLowerCase());
  const [only, ...others] = found;
  if (only === undefined) throw usage(`--base ${safeText(name)}: no token of the file has this symbol`);
  if (others.length === 0) return only.address;
  // Anyone may copy a symbol; the registry says which token is meant where it knows it.
  const [known, another] = found.filter(({ address }) => registry?.tokens.has(address) === true);
  if (known !== undefined && another === undefined) return known.address;
  const listed = found.map(({ address }) => address).slice(0, 8);
  throw usage(
    `--base ${safeText(name)}: ${found.length} tokens have this symbol, give an address: ${listed.join(", ")}`,
  );
};

/**
 * The tokens that cycles start from, in order: those named by symbol or address in any case, or else the base
 * tokens of the chain that the file has. An address need not occur in the file. Throws `PlainError` (exit 64) where
 * a symbol fits no token or several.
 */
export function chooseBases(
  names: readonly string[],
  { tokens, chainId }: Snapshot,
  registry: ChainRegistry | null,
): readonly [Address, ...Address[]] {
  const list = [...tokens.values()];
  const named = names.map((name) => (ADDRESS.test(name) ? lowerCase(name) : bySymbol(name, list, registry)));
  const usual = registry?.bases.filter((base) => tokens.has(base)) ?? [];
  const [first, ...others] = named.length > 0 ? new Set(named) : usual;
  if (first === undefined)
    throw usage(`the file has no base token of chain ${chainId}: name one or more with --base`);
  return [first, ...others];
}
