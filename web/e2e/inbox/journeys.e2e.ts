import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startWire } from "./proxy";
import { magic, numbers, startWorld, type World } from "./world";

let w: World;
beforeAll(async () => {
  w = await startWorld();
});
afterAll(async () => w?.stop());

const said = (page: Page, text: string) => page.getByRole("article").filter({ hasText: text });
const inList = (page: Page, text: string | RegExp) =>
  page.getByRole("list", { name: "Conversations" }).getByRole("link").filter({ hasText: text });
const composer = (page: Page) => page.getByRole("textbox", { name: "Message", exact: true });

async function send(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press("Enter");
}

async function begin(page: Page, to: string, from?: string): Promise<void> {
  await page.getByRole("button", { name: "New conversation" }).first().click();
  await page.getByRole("textbox", { name: "To" }).fill(to);
  if (from) await page.getByLabel("From", { exact: true }).selectOption({ label: from });
  await page.getByRole("button", { name: "Begin" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" }); // until then the composer is another conversation's
  await composer(page).waitFor();
}

const support = "Support · +1 555 000 1003";

describe("the inbox", () => {
  it("shows a group's messages to both users within a second", async () => {
    const [ana, ben] = await Promise.all([w.signIn("101"), w.signIn("102")]);
    await w.write("+15550100201", numbers.support, "Is anybody there?");
    for (const { page } of [ana, ben]) await inList(page, "Is anybody there?").click();
    await send(ana.page, "Ana here");
    const began = Date.now();
    await said(ben.page, "Ana here").waitFor();
    expect(Date.now() - began).toBeLessThan(1000);
    // Who of us wrote it: a name that was never seen here is asked for.
    await expect.poll(() => said(ben.page, "Ana here").textContent()).toMatch(/^Ana/);
    await send(ben.page, "And Ben");
    const second = Date.now();
    await said(ana.page, "And Ben").waitFor();
    expect(Date.now() - second).toBeLessThan(1000);
    const writes = ben.page.getByText("Ana is writing…");
    await composer(ana.page).focus();
    await expect
      .poll(
        async () => {
          await ana.page.keyboard.type("go on ");
          return writes.isVisible();
        },
        { timeout: 20_000, interval: 500 },
      )
      .toBe(true);
    await Promise.all([ana.context.close(), ben.context.close()]);
  });

  it("says what became of a text: delivered, and the provider's words when it was not", async () => {
    const { page, context } = await w.signIn("101");
    await begin(page, "(500) 555-0001", support); // as one would dial it
    await send(page, "Hello!");
    await said(page, "Hello!").getByText("Delivered").waitFor();
    await begin(page, magic.undelivered, support);
    await send(page, "Hello?");
    await said(page, "Hello?").getByText("Not delivered: Unreachable destination handset").waitFor();
    await context.close();
  });

  it("asks a person about a text whose fate is unclear, and sends it again when they say so", async () => {
    const { page, context } = await w.signIn("101");
    await begin(page, magic.unclear, support);
    await send(page, "Did you get this?");
    await page.getByText("It is unclear whether it arrived").waitFor();
    await page.getByRole("button", { name: "Send again" }).click();
    await expect.poll(() => said(page, "Did you get this?").count()).toBe(2);
    await page.getByText("Second try").waitFor();
    await page.getByRole("button", { name: "It arrived" }).last().click();
    await page.getByText("Settled by hand").waitFor();
    await context.close();
  });

  it("closes the composer when the contact says STOP, and opens it at START", async () => {
    const { page, context } = await w.signIn("101");
    await w.write("+15550100202", numbers.support, "Hi");
    await inList(page, "+1 555 010 0202").click();
    await composer(page).waitFor();
    await w.write("+15550100202", numbers.support, "STOP");
    await page.getByText("This contact opted out").waitFor();
    expect(await composer(page).count()).toBe(0);
    await w.write("+15550100202", numbers.support, "START");
    await composer(page).waitFor();
    await context.close();
  });

  it("goes on after a cut connection with nothing missed, and sends what was written meanwhile once", async () => {
    const wire = await startWire(w.url);
    const { page, context } = await w.signIn("101", undefined, wire.url);
    await w.write("+15550100203", numbers.support, "before");
    await inList(page, "before").click();
    await said(page, "before").waitFor();
    wire.cut();
    for (const n of [1, 2, 3]) await w.write("+15550100203", numbers.support, `meanwhile ${n}`);
    await send(page, "written without a connection");
    await page.getByText(/^Not sent\./).waitFor();
    await page.getByText("No connection.").waitFor();
    wire.mend();
    await page.getByRole("button", { name: "Try now" }).click();
    for (const n of [1, 2, 3]) await said(page, `meanwhile ${n}`).waitFor();
    await said(page, "written without a connection").getByText("Delivered").waitFor();
    expect(await said(page, "written without a connection").count()).toBe(1);
    const { data } = await w.call<{ data: { content: string }[] }>(
      "GET",
      `/v1/messages?orgid=${w.orgid}&to=%2B15550100203`,
    );
    expect(data.filter((m) => m.content === "written without a connection")).toHaveLength(1);
    await context.close();
    await wire.close();
  });

  it("keeps a draft per conversation, also over a reload", async () => {
    const { page, context } = await w.signIn("101");
    await w.write("+15550100204", numbers.support, "one");
    await w.write("+15550100205", numbers.support, "two");
    await inList(page, "+1 555 010 0204").click();
    await composer(page).fill("half a thou");
    await inList(page, "+1 555 010 0205").click();
    await expect.poll(() => composer(page).inputValue()).toBe("");
    await inList(page, "half a thou").waitFor();
    await page.reload();
    await inList(page, "half a thou").click();
    await expect.poll(() => composer(page).inputValue()).toBe("half a thou");
    await context.close();
  });

  it("takes a picture from the disk and shows it, with its caption, large when asked", async () => {
    const { page, context } = await w.signIn("101");
    await begin(page, "+15550100206", support);
    const picture = await fetch(`${w.handsets}/media/sample.png`).then((r) => r.arrayBuffer());
    await page
      .locator('input[type="file"]')
      .setInputFiles({ name: "map.png", mimeType: "image/png", buffer: Buffer.from(picture) });
    await send(page, "The way to us");
    await said(page, "The way to us").getByText("Delivered").waitFor();
    await said(page, "The way to us").getByRole("button", { name: "Open picture map.png" }).click();
    const large = page.getByRole("dialog").getByRole("img");
    await large.waitFor();
    expect(await large.evaluate((i: HTMLImageElement) => i.decode().then(() => i.naturalWidth))).toBeGreaterThan(0);
    await context.close();
  });

  it("lets a team claim, note and close", async () => {
    const [ana, ben] = await Promise.all([w.signIn("101"), w.signIn("102")]);
    await w.write("+15550100207", numbers.support, "Who takes care?");
    for (const { page } of [ana, ben]) await inList(page, "Who takes care?").click();
    await ana.page.getByRole("button", { name: "Claim", exact: true }).click();
    await ben.page.getByRole("button", { name: "Take over" }).waitFor();
    await ana.page.getByRole("button", { name: "More", exact: true }).click();
    await ana.page.getByRole("menuitem", { name: /^Assign to Ben/ }).click();
    await ben.page.getByRole("button", { name: "Release", exact: true }).waitFor();
    await ana.page.getByRole("button", { name: "Note", exact: true }).click();
    await ana.page.getByRole("textbox", { name: "Note" }).fill("I know them");
    await ana.page.keyboard.press("Enter");
    await said(ben.page, "I know them").getByText("only your team reads this").waitFor();
    const { data } = await w.call<{ data: { content: string }[] }>(
      "GET",
      `/v1/messages?orgid=${w.orgid}&to=%2B15550100207`,
    );
    expect(data.filter((m) => m.content.includes("I know them"))).toEqual([]); // it never left
    await ana.page.getByRole("button", { name: "Close", exact: true }).click();
    await ben.page.getByText("This conversation is closed.").waitFor();
    await inList(ana.page, "Who takes care?").waitFor({ state: "detached" });
    await Promise.all([ana.context.close(), ben.context.close()]);
  });

  it("can be used by the keyboard alone", async () => {
    const { page, context } = await w.signIn("101");
    await w.write("+15550100208", numbers.support, "keys only");
    await inList(page, "keys only").waitFor();
    await page.keyboard.press("j");
    await expect.poll(() => page.evaluate(() => document.activeElement?.hasAttribute("data-conversation"))).toBe(true);
    await page.keyboard.press("Enter");
    await composer(page).waitFor();
    await page.keyboard.press("r");
    await page.keyboard.type("typed");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("on two lines");
    await page.keyboard.press("Enter");
    await said(page, "on two lines").waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    await help.waitFor();
    await page.keyboard.press("Escape");
    await help.waitFor({ state: "detached" });
    await page.keyboard.press("/");
    await page.keyboard.type("keys only");
    await page.getByRole("region", { name: "Found" }).getByText("keys only").first().waitFor();
    await context.close();
  });
});
