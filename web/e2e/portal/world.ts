import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from "playwright-core";

/** The program on an empty directory, as somebody starts it for the first time. */

export const password = "violet kettle walks north";

const program = process.env.PATCHBAY ?? new URL("../../../patchbay", import.meta.url).pathname;

export interface Program {
  /** Where it serves. */
  base: string;
  /** The one-time link that it prints. */
  link: string;
  browser: Browser;
  stop: () => Promise<void>;
}

function said(child: ChildProcess): Promise<{ base: string; link: string }> {
  return new Promise((done, fail) => {
    let text = "";
    const late = setTimeout(() => fail(new Error(`not started: ${text}`)), 60_000);
    child.stdout?.on("data", (piece: Buffer) => {
      text += piece.toString();
      const link = /http\S+\/welcome#\S+/.exec(text)?.[0];
      const base = /Patchbay serves (http\S+)/.exec(text)?.[1];
      if (!link || !base) return;
      clearTimeout(late);
      done({ base, link });
    });
    child.on("exit", (code) => fail(new Error(`ended with ${code}: ${text}`)));
    child.on("error", fail);
  });
}

export async function startProgram(): Promise<Program> {
  const dir = mkdtempSync(join(tmpdir(), "patchbay-portal-"));
  const child = spawn(program, ["serve", "--sandbox", "--listen", "127.0.0.1:0", "--data", join(dir, "data")], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const { base, link } = await said(child);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });
  return {
    base,
    link,
    browser,
    stop: async () => {
      await browser.close();
      child.removeAllListeners("exit");
      child.kill("SIGTERM");
      await new Promise((done) => child.on("exit", done));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A browser of its own. What it says on its console is kept: a journey ends with nothing there. */
export async function open(browser: Browser): Promise<{ context: BrowserContext; page: Page; errors: string[] }> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: "en-US",
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("console", (m) => m.type() === "error" && errors.push(m.text()));
  page.on("pageerror", (e) => errors.push(e.message));
  return { context, page, errors };
}

/** Counts what a person does. */
export class Steps {
  clicks = 0;
  fields = 0;

  async click(what: Locator): Promise<void> {
    this.clicks++;
    await what.click();
  }

  async type(what: Locator, text: string): Promise<void> {
    this.fields++;
    await what.fill(text);
  }
}

/** Uses a one-time link as whoever got it. */
export async function accept(page: Page, link: string, steps = new Steps()): Promise<void> {
  await page.goto(link);
  const button = page.getByRole("button", { name: "Save and begin" });
  await button.waitFor();
  const email = page.getByLabel("Your e-mail address");
  if (await email.isVisible()) {
    await steps.type(email, "admin@example.com");
    await steps.type(page.getByLabel("Your name"), "Ada Admin");
  }
  await steps.type(page.getByLabel("Password", { exact: true }), password);
  await steps.type(page.getByLabel("The same password again"), password);
  await steps.click(button);
}
