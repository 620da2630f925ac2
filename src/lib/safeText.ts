const MAX_CHARACTERS = 32;
// Controls (C0, C1), format characters (bidi overrides, zero-width), lone surrogates, private use, line separators.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/**
 * Foreign text (a token's symbol, a relay's answer) made fit for a terminal, a log line or a cell: what can move
 * the cursor, reverse the reading order or hide is removed, and it ends after `max` characters with "…".
 */
export function safeText(text: string, max = MAX_CHARACTERS): string {
  // Cut first: a megabyte of foreign text costs no more than a line.
  const characters = Array.from(text.slice(0, max * 4).replace(UNSAFE, ""));
  const shortened = characters.length > max || text.length > max * 4;
  return shortened ? `${characters.slice(0, max - 1).join("")}…` : characters.join("");
}
