import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
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

async function* pieces(source: Readable): AsyncGenerator<Buffer> {
  for await (const piece of source) if (Buffer.isBuffer(piece)) yield piece;
}

/** Unpacks a stream, for as long as what comes out stays in proportion to what went in. */
async function* unpacked(packed: Readable): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: PIECE_BYTES });
  packed.on("error", (error) => gunzip.destroy(error)).pipe(gunzip);
  let bytes = 0;
  for await (const piece of pieces(gunzip)) {
    bytes += piece.length;
    if (bytes > Math.max(FREE_BYTES, gunzip.bytesWritten * MOST_SWELLING))
      throw new JsonFault("", `the gzip data swells to more than ${MOST_SWELLING} times its size`);
    yield piece;
  }
}

/**
 * Reads a file piece by piece, unpacking it when its name ends in `.gz`. Throws `InputError` that names the file
 * and the field; reading ends at the first fault.
 */
export async function readInputFile<T>(path: string, reader: FileReader<T>): Promise<T> {
  const file = createReadStream(path, { highWaterMark: PIECE_BYTES });
  try {
    for await (const piece of /\.gz$/i.test(path) ? unpacked(file) : pieces(file)) reader.write(piece);
    return reader.end();
  } catch (error) {
    throw asInputError(path, error);
  } finally {
    file.destroy();
  }
}
