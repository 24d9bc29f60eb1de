import { mkdirSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, it } from "vitest";
import { startWire } from "./proxy";
import { magic, numbers, startWorld, type World } from "./world";

const dir = process.env.SHOTS ?? "/tmp/w/shots";
mkdirSync(dir, { recursive: true });
let w: World;
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
  await w.write("+15550100002", numbers.support, "Here is a picture", true);
  for (let i = 0; i < 6; i++)
    await w.write(
      `+155501000${10 + i}`,
      numbers.support,
      `Message number ${i} is a bit longer than the others, so that one sees how it is cut off. https://example.com/a`,
    );
  await w.write("+15550100001", numbers.support, "Hi! Is my order ready? It is number 4711.");
});
afterAll(async () => w?.stop());
const composer = (p: Page) => p.getByRole("textbox", { name: "Message", exact: true });
async function say(p: Page, text: string) {
  await composer(p).fill(text);
  await p.getByRole("button", { name: "Send", exact: true }).click();
}
async function begin(page: Page, to: string): Promise<void> {
  const back = page.getByRole("button", { name: "Back to the list" });
  if (await back.isVisible()) await back.click();
  await page.getByRole("button", { name: "New conversation" }).first().click();
  await page.getByRole("textbox", { name: "To" }).fill(to);
  const from = page.getByLabel("From", { exact: true });
  if (await from.isVisible()) await from.selectOption({ label: "Support · +1 555 000 1003" });
  await page.getByRole("button", { name: "Begin" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await composer(page).waitFor();
}
const sizes = {
  desk: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
};
for (const [name, how] of Object.entries(sizes)) {
  it(name, async () => {
    const { page, context } = await w.signIn("101", { ...how });
    const wire = await startWire(w.url);
    const phone = name === "phone";
    const shot = async (what: string) => {
      await page.waitForTimeout(350);
      for (const t of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme: t });
        await page.waitForTimeout(60);
        await page.screenshot({ path: `${dir}/${what}-${name}-${t}.png` });
      }
      console.log(what);
    };
    const back = async () => {
      const b = page.getByRole("button", { name: "Back to the list" });
      if (await b.isVisible()) await b.click();
    };
    await page.getByRole("link", { name: /Dana Whitfield/ }).waitFor();
    await shot("01-list");
    await page.getByRole("link", { name: /Dana Whitfield/ }).click();
    await say(
      page,
      "Yes, it is ready. Come by any time until six! Look at https://example.com/way for how to find us.",
    );
    await page.getByText("Delivered").first().waitFor();
    await page.getByRole("button", { name: "Note", exact: true }).click();
    await page.getByRole("textbox", { name: "Note" }).fill("A regular: give her the loyalty discount.");
    await shot("02-note-writing");
    await page.getByRole("button", { name: "Add note" }).click();
    await page.getByRole("button", { name: "Message", exact: true }).click();
    await page.getByRole("button", { name: "Claim", exact: true }).click();
    await composer(page).fill("It’s 😀 ".repeat(14));
    await shot("03-conversation");
    const png = Buffer.from(
      (await fetch(`${w.handsets}/media/sample.png`).then((r) => r.arrayBuffer())) as ArrayBuffer,
    );
    await page.locator('input[type="file"]').setInputFiles([
      { name: "map of the long way to our shop.png", mimeType: "image/png", buffer: png },
      { name: "offer.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4 hello") },
    ]);
    await shot("04-attached");
    await page.getByRole("button", { name: "More" }).click();
    await shot("05-more");
    await page.keyboard.press("Escape");
    if (phone) await page.getByRole("button", { name: "Contact", exact: true }).click();
    await shot("06-contact");
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    await shot("07-edit");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Block", exact: true }).click();
    await shot("08-block");
    await page.keyboard.press("Escape");
    if (phone) await page.goBack();
    await back();
    await page.getByRole("link", { name: /Tom Aldridge/ }).click();
    await shot("09-optedout");
    await back();
    await page.getByRole("link", { name: /Lee Okafor/ }).click();
    await page
      .getByRole("button", { name: /Open picture/ })
      .first()
      .waitFor();
    await shot("10-picture");
    await page
      .getByRole("button", { name: /Open picture/ })
      .first()
      .click();
    await shot("11-viewer");
    await page.keyboard.press("Escape");
    await begin(page, magic.unclear);
    await shot("12-empty");
    await say(page, "Your appointment is tomorrow at ten.");
    await page.getByText("It is unclear whether it arrived").first().waitFor();
    await shot("13-unclear");
    await begin(page, magic.undelivered);
    await say(page, "Hello?");
    await page.getByText("Not delivered").first().waitFor();
    await shot("14-failed");
    await back();
    await page.getByRole("button", { name: "New conversation" }).first().click();
    await page.getByRole("textbox", { name: "To" }).fill("Da");
    await shot("15-new");
    await page.getByRole("textbox", { name: "To" }).fill("12");
    await page.getByRole("button", { name: "Begin" }).click();
    await shot("16-new-wrong");
    await page.keyboard.press("Escape");
    await page.getByRole("searchbox").fill("order");
    await page.getByRole("region", { name: "Found" }).waitFor();
    await shot("17-search");
    await page.getByRole("searchbox").fill("zzz");
    await shot("18-nothing");
    await page.getByRole("searchbox").fill("");
    await page.getByRole("button", { name: "Closed" }).click();
    await shot("19-closed-empty");
    await page.getByRole("button", { name: "Notifications" }).click();
    await shot("20-alerts");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "All", exact: true }).click();
    await page.getByRole("link", { name: /Dana Whitfield/ }).click();
    await composer(page).waitFor();
    await context.setOffline(true);
    await context.route("**/*", (r) => r.abort());
    await say(page, "Written without a connection");
    await page.getByText(/^Not sent\./).waitFor();
    await shot("21-offline");
    await context.close();
    await wire.close();
  }, 180_000);
}
