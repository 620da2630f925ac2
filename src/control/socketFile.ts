import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, unlinkSync, type Stats } from "node:fs";
import { connect } from "node:net";
import { EXIT, PlainError } from "../lib/errors.ts";

/** Bytes of `sun_path` in unix(7), less the closing NUL. */
const MOST_PATH_BYTES = 107;
/** A listener of ours answers at once; one that does not is alive, and stuck. */
const PROBE_MS = 1000;

/**
 * Makes the folder of sockets where it is missing: 0700, or with a group 2750, so that what is bound in it belongs to the
 * group from its first instant. One that exists must be ours and not more open than that. Throws `PlainError`.
 */
export function prepareDirectory(dir: string, group: string): void {
  const gid = group === "" ? null : groupId(group);
  const most = gid === null ? 0o700 : 0o750;
  const before = process.umask(0o077);
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new PlainError(EXIT.permission, `control.dir: ${dir} cannot be made: ${textOf(cause)}`, cause);
  } finally {
    process.umask(before);
  }
  const stats = lstatSync(dir);
  if (!stats.isDirectory())
    throw new PlainError(EXIT.permission, `control.dir: ${dir} is not a folder itself but a link or a file`);
  if (stats.uid !== process.getuid?.())
    throw new PlainError(EXIT.permission, `control.dir: ${dir} belongs to another user`);
  const mode = (stats.mode & 0o777).toString(8);
  if ((stats.mode & 0o777 & ~most) !== 0)
    throw new PlainError(
      EXIT.permission,
      `control.dir: ${dir} is open to others (mode ${mode}): chmod ${most.toString(8)} it, or name another`,
    );
  if (gid !== null) shareWith(dir, gid, group);
}

function shareWith(dir: string, gid: number, group: string): void {
  try {
    chownSync(dir, process.getuid?.() ?? -1, gid);
    chmodSync(dir, 0o2750);
  } catch (cause) {
    throw new PlainError(
      EXIT.permission,
      `control.group: ${dir} cannot be given to the group ${group}: ${textOf(cause)}`,
      cause,
    );
  }
}

/** Node has no getgrnam(3): the number itself, or a name of /etc/group. */
function groupId(group: string): number {
  if (/^\d{1,10}$/.test(group)) return Number(group);
  const line = readFileSync("/etc/group", "utf8")
    .split("\n")
    .map((text) => text.split(":"))
    .find(([name]) => name === group);
  const gid = line?.[2] ?? "";
  if (gid === "") throw new PlainError(EXIT.config, `control.group: no group ${group} in /etc/group`);
  return Number(gid);
}

/**
 * Makes way for a socket at `path`: removes what a killed daemon of ours left there, and nothing else. Throws
 * `PlainError` where the path is too long, a daemon listens, or something stands there that is not a socket of ours.
 */
export async function clearSocketPath(path: string): Promise<void> {
  const length = Buffer.byteLength(path);
  if (length > MOST_PATH_BYTES)
    throw new PlainError(
      EXIT.config,
      `control.dir: ${path} has ${length} bytes, and a socket's path at most ${MOST_PATH_BYTES}`,
    );
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket())
    throw new PlainError(EXIT.permission, `${path} is not a socket: nothing of ours, it is left alone`);
  if (found.uid !== process.getuid?.())
    throw new PlainError(EXIT.permission, `${path} is another user's socket: it is left alone`);
  const answer = await probe(path);
  if (answer === "connected") throw new PlainError(EXIT.locked, `another daemon listens on ${path}`);
  if (answer !== "ECONNREFUSED")
    throw new PlainError(EXIT.locked, `${path} does not say whether a daemon listens (${answer})`);
  removeSocket(path, found);
}

/** Removes the socket at `path` while it is still the one of `stats`. */
export function removeSocket(path: string, stats: Stats): void {
  const now = lstatSync(path, { throwIfNoEntry: false });
  if (now?.isSocket() === true && now.ino === stats.ino && now.dev === stats.dev) unlinkSync(path);
}

async function probe(path: string): Promise<string> {
  return await new Promise((resolve) => {
    const socket = connect({ path });
    const end = (answer: string): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(PROBE_MS, () => end("no answer"));
    socket.once("connect", () => end("connected"));
    socket.once("error", (error) => end("code" in error ? String(error.code) : error.message));
  });
}

const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
