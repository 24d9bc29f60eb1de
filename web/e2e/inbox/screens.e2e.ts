import { mkdirSync } from "node:fs";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { magic, numbers, startWorld, type World } from "./world";

/** Every screen in both themes, on a desk and on a phone: nothing inside the frame for axe to complain of. PICTURES=1 writes those of the guide. */

let w: World;
const images = new URL("../../../docs/images/", import.meta.url).pathname;

beforeAll(async () => {
  w = await startWorld();
  const contact = (name: string, phone: string, more = {}) =>
    w.call("POST", `/v1/organizations/${w.orgid}/contacts`, { name, info: { phone: [phone], ...more } });
  await contact("Dana Whitfield", "+15550100001", { email: ["dana@example.com"], note: "Prefers texts after 5 pm." });
  await contact("Lee Okafor", "+15550100002");
  await contact("Mira Sandoval", "+15550100003");
  await contact("Tom Aldridge", "+15550100004");
  await w.write("+15550100004", numbers.support, "STOP");
  await w.write("+15550100003", numbers.ana, "Thank you, that helped a lot!");
  await w.write("+15550100002", numbers.support, "Can you call me back tomorrow?");
  await w.write("+15550100001", numbers.support, "Hi! Is my order ready? It is number 4711.");
});
afterAll(async () => w?.stop());

async function clean(page: Page, what: string): Promise<void> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const run = (window as unknown as { axe: typeof axe }).axe;
    const { violations } = await run.run(document.querySelector("[data-modal]") ?? "#main");
    return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`);
  });
  expect(found, what).toEqual([]);
}

async function picture(page: Page, name: string): Promise<void> {
  if (!process.env.PICTURES) return;
  mkdirSync(images, { recursive: true });
  await page.screenshot({ path: `${images}${name}.png` });
}

it.each(["light", "dark"] as const)("on a desk, %s", async (colorScheme) => {
  const { page, context } = await w.signIn("101", { colorScheme, reducedMotion: "reduce" });
  const errors: string[] = [];
  page.on("console", (m) => m.type() === "error" && errors.push(m.text()));
  page.on("pageerror", (e) => errors.push(e.message));
  await page.getByText("Can you call me back tomorrow?").waitFor();
  await clean(page, "list");
  await page.getByRole("link", { name: /Dana Whitfield/ }).click();
  const composer = page.getByRole("textbox", { name: "Message", exact: true });
  if (colorScheme === "light") {
    await composer.fill("Yes, it is ready. Come by any time until six!");
    await composer.press("Enter");
    await page.getByRole("button", { name: "Note", exact: true }).click();
    await page.getByRole("textbox", { name: "Note" }).fill("A regular: give her the loyalty discount.");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Message", exact: true }).click();
  }
  await page.getByText("Delivered").waitFor();
  await page.getByText("dana@example.com").waitFor();
  await composer.fill("It’s 😀".repeat(12));
  await clean(page, "conversation");
  await composer.fill("");
  await picture(page, colorScheme === "light" ? "inbox" : "inbox-dark");
  await page.getByRole("link", { name: /Tom Aldridge/ }).click();
  await page.getByText("This contact opted out").waitFor();
  await clean(page, "opted out");
  await page.getByRole("button", { name: "New conversation" }).first().click();
  await page.getByRole("textbox", { name: "To" }).fill(colorScheme === "light" ? magic.unclear : "Dana");
  if (colorScheme === "dark") await page.getByRole("list", { name: "Contacts found" }).waitFor();
  await clean(page, "new conversation");
  if (colorScheme === "light") {
    await page.getByRole("button", { name: "Begin" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await composer.fill("Your appointment is tomorrow at ten.");
    await composer.press("Enter");
    await page.getByText("It is unclear whether it arrived").waitFor();
    await clean(page, "unclear");
    await picture(page, "inbox-unclear");
  } else {
    await page.keyboard.press("Escape");
  }
  await page.getByRole("searchbox").fill("order");
  await page.getByRole("region", { name: "Found" }).waitFor();
  await clean(page, "search");
  await page.getByRole("searchbox").fill("zzzz");
  await page.getByText("Nothing found").waitFor();
  await clean(page, "nothing found");
  await page.getByRole("searchbox").fill("");
  await page.getByRole("button", { name: "Closed" }).click();
  await page.getByText("Nothing closed").waitFor();
  await page.getByRole("button", { name: "Notifications" }).click();
  await page.getByRole("dialog").waitFor();
  await clean(page, "notifications");
  await page.keyboard.press("Escape");
  await page
    .getByRole("button", { name: "Edit", exact: true })
    .or(page.getByRole("button", { name: "Add to contacts" }))
    .click();
  await page.getByRole("dialog").waitFor();
  await clean(page, "contact");
  expect(errors).toEqual([]);
  await context.close();
});

it.each(["light", "dark"] as const)("on a phone, %s", async (colorScheme) => {
  const { page, context } = await w.signIn("102", {
    colorScheme,
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
    reducedMotion: "reduce",
  });
  await page.getByText("Can you call me back tomorrow?").waitFor();
  await clean(page, "list");
  if (colorScheme === "light") await picture(page, "inbox-phone-list");
  await page.getByRole("link", { name: /Dana Whitfield/ }).click();
  await page.getByText("Hi! Is my order ready?").last().waitFor();
  await clean(page, "conversation");
  if (colorScheme === "light") await picture(page, "inbox-phone");
  await page.getByRole("button", { name: "Contact", exact: true }).click();
  await page.getByText("dana@example.com").waitFor();
  await clean(page, "contact");
  await page.goBack();
  await page.getByRole("button", { name: "Back to the list" }).click();
  await page.getByText("Can you call me back tomorrow?").waitFor();
  await context.close();
});
