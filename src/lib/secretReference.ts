import { readFileSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { EXIT, PlainError } from "./errors.ts";
import { secret, type Secret } from "./secret.ts";

const FORMS = "env:NAME, file:/absolute/path or credential:NAME";

const refuse = (message: string): never => {
  throw new PlainError(EXIT.config, message);
};

/** A file that others may read is no secret: the mode must give group and others nothing. */
function readPrivateFile(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return refuse(`secret file ${path} does not exist`);
  if (!stat.isFile()) return refuse(`secret file ${path} is not a regular file`);
  if ((stat.mode & 0o077) !== 0) return refuse(`secret file ${path} is open to others: chmod 600 ${path}`);
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new PlainError(EXIT.permission, `secret file ${path} cannot be read by this user`, error);
  }
}

/** systemd's LoadCredential: the directory is ours alone and its files are mode 0400. */
function readCredential(name: string, env: NodeJS.ProcessEnv): string {
  const directory = env["CREDENTIALS_DIRECTORY"];
  if (directory === undefined || directory === "")
    return refuse(
      `credential:${name} needs $CREDENTIALS_DIRECTORY: start under systemd with LoadCredential=`,
    );
  if (name.includes("/") || name === "..") return refuse("a credential's name is one file name, without /");
  return readPrivateFile(join(directory, name));
}

function readReference(reference: string, env: NodeJS.ProcessEnv): string {
  const [, form, name] = /^(env|file|credential):(.+)$/s.exec(reference) ?? [];
  // What stands here may be the secret itself, pasted: it is not repeated.
  if (form === undefined || name === undefined) return refuse(`a secret is written as ${FORMS}`);
  if (form === "env") return env[name] ?? refuse(`environment variable ${name} is not set`);
  if (form === "credential") return readCredential(name, env);
  return isAbsolute(name) ? readPrivateFile(name) : refuse(`file:${name}: the path must be absolute`);
}

/**
 * Reads a secret by its reference; blanks around it are cut. Throws `PlainError` (78, or 77 without permission)
 * whose text names the reference, never the value.
 */
export function resolveSecret(reference: string, env: NodeJS.ProcessEnv = process.env): Secret {
  const value = readReference(reference, env).trim();
  return value === "" ? refuse(`secret ${reference} is empty`) : secret(value);
}
