import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const LISTEN = "0A";

/** An open file of the process; none where it was closed meanwhile. */
function fileOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** TCP addresses on which the process listens, as the kernel writes them: `0100007F:2163` is 127.0.0.1:8547. */
export function listenersOf(pid: number): readonly string[] {
  const place = `/proc/${pid}`;
  const files = new Set(readdirSync(`${place}/fd`).map((fd) => fileOf(`${place}/fd/${fd}`)));
  return ["tcp", "tcp6"]
    .flatMap((table) => readFileSync(`${place}/net/${table}`, "utf8").split("\n"))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTEN && files.has(`socket:[${fields[9]}]`))
    .map(([, address = ""]) => address);
}
