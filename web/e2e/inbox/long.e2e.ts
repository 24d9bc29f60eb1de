import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { numbers, startWorld, type World } from "./world";

/** A long conversation and a long list: only what is in sight is in the page, and what one reads does not move. */

const messages = 400;
const contacts = 150;

let w: World;
beforeAll(async () => {
  w = await startWorld();
  for (let n = 0; n < messages; n++) {
    await w.write("+15550100401", numbers.support, `number ${n}. ${"Some words of differing length. ".repeat(n % 7)}`);
  }
  for (let n = 0; n < contacts; n++)
    await w.write(`+1555011${String(n).padStart(4, "0")}`, numbers.support, `contact ${n}`);
});
afterAll(async () => w?.stop());

/** The topmost message that is wholly in sight, and where it stands. */
function topmost(page: Page): Promise<{ text: string; top: number } | undefined> {
  return page.evaluate(() => {
    const box = document.querySelector('section[aria-label="Messages"]')?.getBoundingClientRect();
    if (!box) return undefined;
    for (const a of document.querySelectorAll("article")) {
      const at = a.getBoundingClientRect();
      if (at.top >= box.top) return { text: /number \d+\./.exec(a.textContent ?? "")?.[0] ?? "", top: at.top };
    }
    return undefined;
  });
}

const topOf = (page: Page, text: string) =>
  page.evaluate(
    (t) =>
      [...document.querySelectorAll("article")].find((a) => a.textContent?.includes(t))?.getBoundingClientRect().top,
    text,
  );

it("pages back to the first message without moving what one reads", async () => {
  const { page, context } = await w.signIn("101");
  await page.getByRole("searchbox").fill("number 399");
  await page.getByRole("region", { name: "Found" }).getByRole("link").first().click();
  await page.getByText("number 399.").last().waitFor();
  const box = page.locator('section[aria-label="Messages"]');
  const seen = new Set<string>();
  let moved = 0;
  for (let i = 0; i < 400 && !seen.has("number 0."); i++) {
    await box.evaluate((e) => {
      e.scrollTop -= 400;
    });
    await page.waitForTimeout(40);
    const before = await topmost(page);
    if (!before) continue;
    seen.add(before.text);
    await page.waitForTimeout(60); // a page that arrives in the meantime must not push it
    const after = await topOf(page, before.text);
    if (after !== undefined) moved = Math.max(moved, Math.abs(after - before.top));
  }
  await page.getByText("number 0.", { exact: false }).first().waitFor();
  expect(moved).toBeLessThan(4);
  expect(await page.getByRole("article").count()).toBeLessThan(60);
  await page.getByRole("button", { name: "To the newest" }).click();
  await page.getByText("number 399.").last().waitFor();
  await context.close();
});

it("shows a long list by what is in sight", async () => {
  const { page, context } = await w.signIn("102");
  const rows = page.getByRole("list", { name: "Conversations" }).getByRole("link");
  await rows.first().waitFor();
  expect(await rows.count()).toBeLessThan(40);
  const list = page.getByRole("list", { name: "Conversations" }).locator("..");
  await expect
    .poll(
      async () => {
        await list.evaluate((e) => e.scrollTo(0, e.scrollHeight));
        return page.getByText("number 399.").isVisible(); // the conversation in which something was said first stands last
      },
      { timeout: 20_000 },
    )
    .toBe(true);
  expect(await rows.count()).toBeLessThan(40);
  await context.close();
});
