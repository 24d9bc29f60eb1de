// Starts the built program with its sandbox on an empty directory and takes the tour of every screen with a browser. PATCHBAY names the binary.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const data = mkdtempSync(join(tmpdir(), "patchbay-e2e-"));
const binary = process.env.PATCHBAY ?? new URL("../../patchbay", import.meta.url).pathname;
const server = spawn(binary, ["serve", "--sandbox", "--listen", "127.0.0.1:0", "--data", join(data, "data")], {
  stdio: ["ignore", "pipe", "inherit"],
});

/** What the program prints once it serves: the one-time link, and its address. */
function started() {
  return new Promise((resolve, reject) => {
    let said = "";
    const late = setTimeout(() => reject(new Error(`not started in 30 s: ${said}`)), 30_000);
    server.stdout.on("data", (piece) => {
      said += piece;
      const link = /http\S+\/welcome#\S+/.exec(said)?.[0];
      const base = /Patchbay serves (http\S+)/.exec(said)?.[1];
      if (!link || !base) return;
      clearTimeout(late);
      resolve({ link, base });
    });
    server.on("exit", (code) => reject(new Error(`ended with ${code}: ${said}`)));
    server.on("error", reject);
  });
}

let failed = 1;
try {
  const { link, base } = await started();
  const tour = spawn(
    process.execPath,
    [new URL("../e2e/shots.mjs", import.meta.url).pathname, base, link, process.env.SHOTS ?? join(data, "shots")],
    { stdio: "inherit" },
  );
  failed = await new Promise((resolve) => tour.on("exit", (code) => resolve(code ?? 1)));
} finally {
  server.removeAllListeners("exit");
  server.kill("SIGTERM");
  await new Promise((resolve) => server.on("exit", resolve));
  rmSync(data, { recursive: true, force: true });
}
process.exit(failed);
