/** The checks of texts by which plain routes and hints pass their schemas by. */

export const isText = (value: unknown, least: number, most: number): value is string =>
  typeof value === "string" && value.length >= least && value.length <= most;

/** A list of so many texts, none of them empty. */
export function areTexts(value: unknown, least: number, most: number, characters: number): value is string[] {
  if (!Array.isArray(value) || value.length < least || value.length > most) return false;
  for (const text of value) if (!isText(text, 1, characters)) return false;
  return true;
}
