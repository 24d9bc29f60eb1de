import { connect, createServer, type Socket } from "node:net";

/** A wire between a browser and the program that can be cut. */
export interface Wire {
  url: string;
  cut: () => void;
  mend: () => void;
  close: () => Promise<void>;
}

export async function startWire(target: string): Promise<Wire> {
  const to = new URL(target);
  const open = new Set<Socket>();
  let whole = true;
  const server = createServer((near) => {
    if (!whole) {
      near.destroy();
      return;
    }
    const far = connect(Number(to.port), to.hostname);
    for (const [s, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(s);
      s.pipe(other);
      s.on("error", () => other.destroy());
      s.on("close", () => {
        open.delete(s);
        other.destroy();
      });
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const at = server.address();
  if (typeof at !== "object" || at === null) throw new Error("no port");
  const cut = () => {
    whole = false;
    for (const s of open) s.destroy();
  };
  return {
    url: `http://127.0.0.1:${at.port}`,
    cut,
    mend: () => {
      whole = true;
    },
    close: async () => {
      cut();
      await new Promise((done) => server.close(done));
    },
  };
}
