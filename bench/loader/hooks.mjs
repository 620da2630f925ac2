import { readFile } from "node:fs/promises";

/*
 * Runs what `tsc -p tsconfig.bench.json` made of each source under that source's own address, so that every path
 * relative to `import.meta.url` holds. tsx is no choice here: to keep names it wraps each closure that a function
 * makes, some 300 ns apiece, which would slow code full of closures and flatter us against such references.
 */
const ROOT = new URL("../../", import.meta.url);
const COMPILED = new URL("../dist/", import.meta.url);

const isOurs = (url) => url.startsWith(ROOT.href) && !url.includes("/node_modules/");

/** The compiler writes `.js` into imports where the source says `.ts`. */
export async function resolve(specifier, context, next) {
  const relative = specifier.startsWith(".") && specifier.endsWith(".js");
  if (!relative || !isOurs(context.parentURL ?? "") || !context.parentURL.endsWith(".ts"))
    return next(specifier, context);
  return next(`${specifier.slice(0, -3)}.ts`, context);
}

export async function load(url, context, next) {
  if (!isOurs(url) || !url.endsWith(".ts")) return next(url, context);
  const file = new URL(`${url.slice(ROOT.href.length, -3)}.js`, COMPILED);
  return { format: "module", source: await readFile(file), shortCircuit: true };
}
