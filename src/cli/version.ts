import { readFileSync } from "node:fs";

/** The version of the package, beside `src` and `dist` alike. */
export function version(): string {
  const file = new URL("../../package.json", import.meta.url);
  const found: unknown = JSON.parse(readFileSync(file, "utf8"));
  const known = typeof found === "object" && found !== null && "version" in found ? found.version : undefined;
  return typeof known === "string" ? known : "unknown";
}
