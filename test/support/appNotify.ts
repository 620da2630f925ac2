import { spawn } from "node:child_process";
import { once } from "node:events";

/** systemd's end of `NOTIFY_SOCKET`: a datagram socket, which Node has not, held by Python. */
export interface NotifySocket {
  /** Each message as one line, in the order of arrival. */
  readonly messages: readonly string[];
  /** Resolves when a message with that text has come. */
  heard(text: string): Promise<void>;
  stop(): Promise<void>;
}

const LISTENER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("LISTENING", flush=True)
while True:
    data = s.recv(4096)
    print(data.decode().replace("\\n", " "), flush=True)
`;

export async function openNotifySocket(path: string): Promise<NotifySocket> {
  const python = spawn("python3", ["-c", LISTENER, path], { stdio: ["ignore", "pipe", "inherit"] });
  const messages: string[] = [];
  let waiting: { readonly text: string; readonly resolve: () => void }[] = [];
  let rest = "";
  const settle = (): void => {
    const due = waiting.filter(({ text }) => messages.some((message) => message.includes(text)));
    waiting = waiting.filter((one) => !due.includes(one));
    for (const { resolve } of due) resolve();
  };
  python.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    messages.push(...lines);
    settle();
  });
  const heard = (text: string): Promise<void> =>
    new Promise((resolve) => {
      waiting.push({ text, resolve });
      settle();
    });
  await heard("LISTENING");
  return {
    messages,
    heard,
    stop: async () => {
      const ended = once(python, "exit");
      python.kill();
      await ended;
    },
  };
}
