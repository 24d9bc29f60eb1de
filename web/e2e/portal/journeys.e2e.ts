import { mkdirSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { accept, open, type Program, password, Steps, startProgram } from "./world";

/** What an operator does on the first day, in the browser alone, and how many steps it takes. PICTURES=1 writes that of the README. */

let p: Program;
const images = new URL("../../../docs/images/", import.meta.url).pathname;

beforeAll(async () => {
  p = await startProgram();
});
afterAll(async () => p?.stop());

it("an empty data directory, a one-time link, four fields and two clicks: a text was sent and answered", async () => {
  const { page, errors } = await open(p.browser);
  const steps = new Steps();
  const began = Date.now();
  await accept(page, p.link, steps);
  await page.getByText("Send your first text").waitFor();
  await steps.click(page.getByRole("button", { name: "Send", exact: true }));
  await page.getByText("Delivered").waitFor();
  await page.getByText("Both ways work.").waitFor();
  expect({ clicks: steps.clicks, fields: steps.fields }).toEqual({ clicks: 2, fields: 4 });
  expect(Date.now() - began).toBeLessThan(120_000);

  // From there: a provider of the catalogue, to its first number.
  const enable = new Steps();
  await enable.click(page.getByRole("link", { name: "Sandbox" }));
  await enable.click(page.getByRole("link", { name: "Twilio" }));
  await enable.type(page.getByLabel("Account SID"), "ACtest");
  await enable.type(page.getByLabel("Auth Token"), "secret");
  await enable.click(page.getByRole("button", { name: "Enable" }));
  const url = page.getByLabel("Webhook URL", { exact: true });
  await url.waitFor();
  await enable.click(page.getByRole("button", { name: "Copy: Webhook URL" }));
  expect(await url.inputValue()).toMatch(/^http.*\/services\/twilio\//);
  await enable.click(page.getByRole("button", { name: "Add number" }));
  await enable.type(page.getByLabel("Number", { exact: true }), "+15550009999");
  await enable.click(page.getByRole("dialog").getByRole("button", { name: "Add", exact: true }));
  await page.getByRole("cell", { name: "+1 555 000 9999" }).waitFor();
  expect({ clicks: enable.clicks, fields: enable.fields }).toEqual({ clicks: 6, fields: 3 });
  expect(errors).toEqual([]);
});

it("an organization's admin comes by a link, sees what is theirs and nothing else", async () => {
  const account = await open(p.browser);
  await account.page.goto(`${p.base}/sign-in`);
  await account.page.getByLabel("E-mail, or extension@domain").fill("admin@example.com");
  await account.page.getByLabel("Password").fill(password);
  await account.page.getByRole("button", { name: "Sign in" }).click();
  await account.page.getByRole("button", { name: "New organization" }).click();
  await account.page.getByLabel("Name").fill("Acme");
  await account.page.getByLabel("Domain").fill("acme.example.com");
  await account.page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
  await account.page.getByRole("heading", { name: "Acme" }).waitFor();
  await account.page.getByRole("link", { name: "People" }).click();
  await account.page.getByLabel("Organization", { exact: true }).selectOption("Acme");
  await account.page.getByRole("button", { name: "Add organization admin" }).click();
  await account.page.getByLabel("Name", { exact: true }).fill("Omar");
  await account.page.getByLabel("Extension").fill("100");
  await account.page.getByRole("dialog").getByRole("button", { name: "Add", exact: true }).click();
  const link = await account.page.getByLabel("Invitation link", { exact: true }).inputValue();
  await account.page.getByRole("button", { name: "Done" }).click();
  await account.page.getByText("Invited").waitFor();

  const omar = await open(p.browser);
  await accept(omar.page, link);
  const main = omar.page.getByRole("navigation", { name: "Main" });
  await main.getByRole("link", { name: "Usage" }).waitFor();
  expect(await main.getByRole("link", { name: "People" }).count()).toBe(0);
  await main.getByRole("link", { name: "Organization" }).click();
  await omar.page.getByRole("heading", { name: "Acme" }).waitFor();
  await main.getByRole("link", { name: "Traffic" }).click();
  await omar.page.getByText("No messages").waitFor();
  expect(await omar.page.getByRole("link", { name: "Callbacks" }).count()).toBe(0);
  await omar.page.getByRole("link", { name: "Charts" }).click();
  await omar.page.getByText("Nothing was sent or received in these days.").waitFor();
  await main.getByRole("link", { name: "Usage" }).click();
  await omar.page.getByText("Nothing in this month").waitFor();
  await omar.page.goto(`${p.base}/portal/people`);
  await omar.page.getByText("There is nothing here").waitFor();
  expect(omar.errors).toEqual([]);

  // What is in force at once: who is switched off is out.
  await account.page.getByRole("button", { name: "More for Omar" }).click();
  await account.page.getByRole("menuitem", { name: "Switch off" }).click();
  await account.page.getByText("Switched off").waitFor();
  await omar.page.reload();
  await omar.page.getByLabel("Password").waitFor();
  expect(account.errors).toEqual([]);
});

it("what was refused is sent again in bulk, and leads to the message that it became", async () => {
  const { page, errors } = await open(p.browser);
  await page.goto(`${p.base}/sign-in`);
  await page.getByLabel("E-mail, or extension@domain").fill("admin@example.com");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: "Sandbox" }).click();
  await page.getByRole("link", { name: "Simulator" }).click();
  for (const to of ["+15005550004", "+15005550002"]) {
    await page.getByLabel("To", { exact: true }).fill(to);
    await page.getByRole("button", { name: /^Send/ }).click();
    await page.getByText("Failed").first().waitFor();
    await page.reload();
  }
  await page.getByRole("link", { name: "Traffic" }).click();
  await page.getByRole("link", { name: "Dead letters" }).click();
  await page.getByRole("row", { name: /0004/ }).waitFor();
  await page.getByLabel("Select all that are shown").check();
  await page.getByText("2 selected").waitFor();
  await page.getByRole("button", { name: "Send again" }).click();
  await page.getByRole("alertdialog").getByText("2 messages are sent once more").waitFor();
  await page.getByRole("alertdialog").getByRole("button", { name: "Send again" }).click();
  await page.getByText("2 sent again").waitFor();
  await page.getByRole("link", { name: "Messages", exact: true }).click();
  await page.getByLabel("Text", { exact: true }).fill("no such words");
  await page.keyboard.press("Enter");
  await page.getByText("Nothing fits these filters").waitFor();
  await page.getByRole("button", { name: "Clear the filters" }).click();
  // The first text, the two that failed, and the two that those became; the newest stands first.
  const ours = page.getByRole("link", { name: "+1 555 000 1001" });
  await ours.nth(4).waitFor();
  await ours.first().click();
  await page.getByText("Sent again from").waitFor();
  expect(errors).toEqual([]);

  await page.getByRole("link", { name: "Organizations" }).click();
  await page.getByRole("link", { name: "Sandbox" }).click();
  await page.getByRole("img", { name: /4 failed/ }).waitFor();
  await page.getByText("Voxtelesys").waitFor();
  if (process.env.PICTURES) {
    mkdirSync(images, { recursive: true });
    await page.mouse.move(0, 0);
    await page.screenshot({ path: `${images}portal.png` });
  }
});

it("all that fit the filters are sent again once, also those that are not shown, and not again what fails meanwhile", async () => {
  const { page, errors } = await open(p.browser);
  await page.goto(`${p.base}/sign-in?to=/portal/traffic/dead-letters`);
  await page.getByLabel("E-mail, or extension@domain").fill("admin@example.com");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Traffic" }).waitFor();
  const refused = "+15005550004";
  const howMany = 60; // more than a page shows
  const count = () =>
    page.evaluate(async (to) => {
      const of = async (at: string) => {
        const answer = await fetch(`${at}?limit=200&to=${encodeURIComponent(to)}`);
        return ((await answer.json()) as { data: unknown[] }).data.length;
      };
      return { all: await of("/v1/messages"), dead: await of("/v1/dead-letters") };
    }, refused);
  const before = await count();
  await page.evaluate(
    async ([to, n]) => {
      const send = () =>
        fetch("/v1/messages", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ from: "+15550001001", to, content: "Your order is ready." }),
        });
      const answers = await Promise.all(Array.from({ length: n }, send));
      if (answers.some((a) => a.status !== 202)) throw new Error("not accepted");
    },
    [refused, howMany] as const,
  );
  await expect.poll(count, { timeout: 30_000 }).toEqual({ all: before.all + howMany, dead: before.dead + howMany });
  await page.goto(`${p.base}/portal/traffic/dead-letters?to=${encodeURIComponent(refused)}`);
  await page.getByRole("button", { name: "Load more" }).waitFor();
  await page.getByLabel("Select all that are shown").check();
  await page.getByRole("button", { name: "Select all that fit the filters" }).click();
  await page.getByRole("button", { name: "Send again" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Send again" }).click();
  await page.getByText(`${before.dead + howMany} sent again`).waitFor();
  await expect
    .poll(count, { timeout: 30_000 })
    .toEqual({ all: before.all + before.dead + 2 * howMany, dead: before.dead + howMany });

  // Nobody needs them any more: they are dismissed, those that are not shown, too, and keep why they failed.
  await page.reload();
  await page.getByRole("button", { name: "Load more" }).waitFor();
  await page.getByLabel("Select all that are shown").check();
  await page.getByRole("button", { name: "Select all that fit the filters" }).click();
  await page.getByRole("button", { name: "Dismiss" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Dismiss" }).click();
  await page.getByText("No dead letters").waitFor();
  expect(await count()).toEqual({ all: before.all + before.dead + 2 * howMany, dead: 0 });
  expect(errors).toEqual([]);
});
