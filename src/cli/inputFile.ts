import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip, type Gunzip } from "node:zlib";
import { InputError } from "../lib/errors.ts";
import { JsonFault } from "../lib/jsonScanner.ts";
import type { FileReader } from "../market/snapshotFile.ts";

const PIECE_BYTES = 256 * 1024;
/** A gzip file may swell to this, or to so many times its own size; beyond, it was made to do harm. */
const FREE_BYTES = 64 * 2 ** 20;
const MOST_SWELLING = 200;

const REASONS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "there is no such file"],
  ["EACCES", "may not be read"],
  ["EISDIR", "is a directory"],
  ["Z_BUF_ERROR", "cut off: the gzip data ends too early"],
  ["Z_DATA_ERROR", "damaged or no gzip data"],
]);

const asInputError = (path: string, error: unknown): unknown => {
  if (error instanceof JsonFault) {
    const place = error.path === "" ? "" : `${error.path}: `;
    return new InputError(error.path, `${path}: ${place}${error.message}`);
  }
  if (!(error instanceof Error) || !("code" in error)) return error;
  return new InputError("", `${path}: ${REASONS.get(String(error.code)) ?? error.message}`);
};

const readPieces = async (pieces: AsyncIterable<Buffer>, reader: FileReader<unknown>): Promise<void> => {
  for await (const piece of pieces) reader.write(piece);
};

const readUnpacked = async (gunzip: Gunzip, reader: FileReader<unknown>): Promise<void> => {
  let bytes = 0;
  for await (const piece of gunzip) {
    if (!Buffer.isBuffer(piece)) continue;
    bytes += piece.length;
    if (bytes > Math.max(FREE_BYTES, gunzip.bytesWritten * MOST_SWELLING))
      throw new JsonFault("", `the gzip data swells to more than ${MOST_SWELLING} times its size`);
    reader.write(piece);
  }
};

/**
 * Reads a file piece by piece, unpacking it when its name ends in `.gz`. Throws `InputError` that names the file
 * and the field; reading ends at the first fault.
 */
export async function readInputFile<T>(path: string, reader: FileReader<T>): Promise<T> {
  const source = createReadStream(path, { highWaterMark: PIECE_BYTES });
  try {
    if (/\.gz$/i.test(path)) {
      const gunzip = createGunzip({ chunkSize: PIECE_BYTES });
      await pipeline(source, gunzip, () => readUnpacked(gunzip, reader));
    } else await pipeline(source, (pieces) => readPieces(pieces, reader));
    return reader.end();
  } catch (error) {
    throw asInputError(path, error);
  }
}
