import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** The real program with its sandbox, and browsers in which Ana and Ben are signed in. */

export const password = "correct horse battery staple";
export const numbers = { ana: "+15550001001", ben: "+15550001002", support: "+15550001003" };
export const magic = {
  delivered: "+15005550001",
  undelivered: "+15005550002",
  refused: "+15005550004",
  unclear: "+15005550005",
  picture: "+15005550008",
};

export interface World {
  url: string;
  handsets: string;
  key: string;
  orgid: string;
  browser: Browser;
  call: <T>(method: string, path: string, body?: unknown) => Promise<T>;
  /** A handset writes to one of our numbers. */
  write: (from: string, to: string, text: string, picture?: boolean) => Promise<void>;
  /** A browser of its own in which a user is signed in. */
  signIn: (
    extension: "101" | "102",
    how?: Parameters<Browser["newContext"]>[0],
    at?: string,
  ) => Promise<{ context: BrowserContext; page: Page }>;
  stop: () => Promise<void>;
}

const program = process.env.PATCHBAY ?? new URL("../../../patchbay", import.meta.url).pathname;

async function freePort(): Promise<number> {
  const s = createServer();
  await new Promise<void>((done) => s.listen(0, "127.0.0.1", done));
  const at = s.address();
  await new Promise((done) => s.close(done));
  if (typeof at !== "object" || at === null) throw new Error("no port");
  return at.port;
}

// What is printed may come in pieces: the text to copy is its end.
const toldInFull = /"orgid":"[^"]+"[^\n]*\n/;

function started(child: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    let said = "";
    const timer = setTimeout(() => fail(new Error(`not started: ${said}`)), 60_000);
    child.stdout?.on("data", (d: Buffer) => {
      said += d.toString();
      if (!toldInFull.test(said)) return;
      clearTimeout(timer);
      done(said);
    });
    child.stderr?.on("data", (d: Buffer) => {
      said += d.toString();
    });
    child.on("exit", (code) => fail(new Error(`ended with ${code}: ${said}`)));
  });
}

async function answered<T>(method: string, at: string, body: unknown, headers: Record<string, string>): Promise<T> {
  const r = await fetch(at, {
    method,
    headers: { "Content-Type": "application/json", ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await r.text();
  if (!r.ok) throw new Error(`${method} ${at}: ${r.status} ${text}`);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

export async function startWorld(): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), "patchbay-inbox-"));
  const url = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(program, ["serve", "--sandbox", "--data", dir, "--listen", url.slice(7)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = await started(child);
  const found = (what: RegExp) => what.exec(said)?.[1] ?? "";
  const handsets = found(/Handsets and users +(\S+)/);
  const key = found(/Key of this start +(\S+)/);
  const call = <T>(method: string, path: string, body?: unknown) =>
    answered<T>(method, url + path, body, { Authorization: `Bearer ${key}` });

  const orgid = found(/"orgid":"([^"]+)"/);
  const users = await call<{ data: { id: string; extension: string }[] }>("GET", `/v1/organizations/${orgid}/users`);
  for (const u of users.data) {
    const link = await call<{ url: string }>("POST", `/v1/organizations/${orgid}/users/${u.id}/invitation`);
    const token = new URL(link.url).hash.slice(1).replace(/^.*=/, "");
    await answered("POST", `${url}/v1/invitation`, { password }, { Authorization: `Bearer ${token}` });
  }
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });

  return {
    url,
    handsets,
    key,
    orgid,
    browser,
    call,
    write: (From, To, Text, Picture = false) => answered("POST", `${handsets}/reply`, { From, To, Text, Picture }, {}),
    signIn: async (extension, how, at = url) => {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-US", ...how });
      const page = await context.newPage();
      await page.goto(`${at}/sign-in?to=/inbox`);
      await page.getByLabel("E-mail, or extension@domain").fill(`${extension}@sandbox`);
      await page.getByLabel("Password").fill(password);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("heading", { name: "Inbox" }).waitFor();
      return { context, page };
    },
    stop: async () => {
      await browser.close();
      child.kill("SIGTERM");
      await new Promise((done) => child.on("exit", done));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
