import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FILES, schemaDocument, tableDocument } from "../../../scripts/controlDocs.ts";
import { METHODS } from "../../../src/control/protocol.ts";

const read = (path: string): string => readFileSync(join(import.meta.dirname, "../../..", path), "utf8");
/** The formatter aligns tables: spaces and dashes tell nothing. */
const plain = (text: string): string => text.replace(/[ -]+/g, " ");

test("the documents are what the schemas say: npx tsx scripts/controlDocs.ts", () => {
  expect(plain(read(FILES.table))).toBe(plain(tableDocument()));
  expect(JSON.parse(read(FILES.schema))).toEqual(JSON.parse(JSON.stringify(schemaDocument())));
});

test("every method stands in both", () => {
  const table = read(FILES.table);
  const schema = read(FILES.schema);
  for (const method of Object.keys(METHODS)) {
    expect(table).toContain(`| \`${method}\``);
    expect(schema).toContain(`"${method}": {`);
  }
});
