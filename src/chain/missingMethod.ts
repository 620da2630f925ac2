const METHOD_NOT_FOUND = -32601;
const NOT_OFFERED = /not found|not supported|not available|not allowed|unsupported|does not exist/i;

/** Whether a node's complaint means that it lacks the method: by JSON-RPC's code, or in one of the nodes' wordings. */
export function isMissingMethod(complaint: unknown): boolean {
  if (!(complaint instanceof Error)) return false;
  const code = "code" in complaint ? complaint.code : null;
  return code === METHOD_NOT_FOUND || NOT_OFFERED.test(complaint.message);
}
