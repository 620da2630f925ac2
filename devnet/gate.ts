import type { Server as HttpServer } from "node:http";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

/** The port of a server, with the ways in which a host can fail. */
export interface Gate {
  readonly port: number;
  /** Connections are accepted and nothing is answered any more, as by a stopped process or a dead link. */
  readonly freeze: () => void;
  /** What was held goes out in order. */
  readonly thaw: () => void;
  /** All connections break and the port is closed, until `up`. */
  readonly down: () => Promise<void>;
  /** The same port is open again. */
  readonly up: () => Promise<void>;
  /** Down for that long; resolves when it is up again. */
  readonly kill: (forMs: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      const address: string | AddressInfo | null = server.address();
      if (address === null || typeof address === "string") reject(new Error("the gate has no port"));
      else resolve(address.port);
    });
  });

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });

const hold = (socket: Socket): void => {
  socket.pause();
  socket.cork();
};

/** Listens on 127.0.0.1 for the HTTP server, which must not listen itself. Port 0: any free one. */
export async function openGate(http: HttpServer, wantedPort: number): Promise<Gate> {
  const sockets = new Set<Socket>();
  let frozen = false;
  let waiting: Socket[] = [];
  let stopping = false;
  let wake: (() => void) | null = null;

  const server = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
    if (frozen) waiting.push(socket);
    else {
      http.emit("connection", socket);
      socket.resume();
    }
  });
  const port = await listen(server, wantedPort);
  const destroyAll = (): void => {
    for (const socket of sockets) socket.destroy();
    waiting = [];
  };

  const down = async (): Promise<void> => {
    const closed = close(server);
    destroyAll();
    await closed;
  };
  const up = async (): Promise<void> => {
    await listen(server, port);
  };

  return {
    port,
    freeze() {
      if (frozen) return;
      frozen = true;
      for (const socket of sockets) hold(socket);
    },
    thaw() {
      if (!frozen) return;
      frozen = false;
      const late = new Set(waiting);
      waiting = [];
      for (const socket of sockets) {
        if (late.has(socket)) http.emit("connection", socket);
        else socket.uncork();
        socket.resume();
      }
    },
    down,
    up,
    async kill(forMs) {
      await down();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, forMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      wake = null;
      if (!stopping) await up();
    },
    async stop() {
      stopping = true;
      wake?.();
      await down();
    },
  };
}
