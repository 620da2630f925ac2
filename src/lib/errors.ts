/** Exit codes of the process (sysexits and RELIABILITY's list); 75 asks the supervisor to start us again. */
export const EXIT = {
  ok: 0,
  fellShort: 1,
  usage: 64,
  badInput: 65,
  unavailable: 69,
  locked: 73,
  journal: 74,
  retry: 75,
  permission: 77,
  config: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error that names what a person should do; printed as one line, never with a stack trace. */
export class PlainError extends Error {
  override readonly name: string = "PlainError";
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}

/** Bad input data: names the file (or line) and the field. */
export class InputError extends PlainError {
  override readonly name = "InputError";
  readonly field: string;

  constructor(field: string, message: string) {
    super(EXIT.badInput, message);
    this.field = field;
  }
}

/** Socket, timeout, rate limit: the owner of the call may try again, with a cap. */
export class RetryableError extends Error {
  override readonly name = "RetryableError";
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
