import type { Locator } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { accept, open, type Program, startProgram } from "./world";

/** An integrator writes a service file from a provider's documentation, in the studio alone. */

let p: Program;
beforeAll(async () => {
  p = await startProgram();
});
afterAll(async () => p?.stop());

// What the documentation of a provider shows: a request, its answer, and what it sends.
const callback = JSON.stringify({
  event: "sms.received",
  data: { id: "in-7", sender: "+15550100123", recipient: "+15550001111", body: 'Hi "there" $to$ é😀' },
});

/** Puts a text in place of what is there, as somebody pastes it. */
async function paste(into: Locator, text: string): Promise<void> {
  await into.focus();
  await into.press("Control+a");
  await into.evaluate((el, text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    el.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, text);
}

it("a new service, written from a documentation's sample without leaving the page, ends published with passing tests", async () => {
  const { page, errors } = await open(p.browser);
  await accept(page, p.link);
  await page.getByRole("link", { name: "Services" }).click();
  await page.getByRole("button", { name: "New service" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Parrot");
  await dialog.getByLabel("Id", { exact: true }).fill("parrot");
  await dialog.getByLabel("Where messages are sent").fill("https://api.parrot.example/v2/sms");
  await dialog.getByRole("button", { name: "Begin" }).click();

  // What is begun passes already, and says what would be sent.
  const file = page.getByRole("textbox", { name: "Service file" });
  await page.getByText("Ready to publish.").waitFor();
  await page.getByRole("tab", { name: "Request" }).click();
  await page.getByLabel("Text", { exact: true }).fill('Say "hi" to $to$');
  await page.getByText('Say \\"hi\\" to $to$').first().waitFor();

  // A mistake is shown at its place, and keeps the file from being published.
  const begun = await page.evaluate(
    () => JSON.parse(localStorage.getItem("patchbay.draft.service.parrot") ?? "{}").text as string,
  );
  const parsed = JSON.parse(begun) as Record<string, unknown>;
  await paste(file, JSON.stringify({ ...parsed, clas: "sms", class: 7 }, null, 2));
  await page.getByRole("tab", { name: "Problems" }).click();
  await page.getByRole("button", { name: /^\/class/ }).click();
  expect(await page.getByRole("button", { name: "Publish" }).isDisabled()).toBe(true);
  await page.getByText("nothing reads this member").first().waitFor();
  await paste(file, JSON.stringify(parsed, null, 2));
  await page.getByText("Ready to publish.").waitFor();

  // The sample of a callback is read by no model yet; models are made from it, with a test.
  await page.getByRole("tab", { name: "Callback" }).click();
  await page.getByLabel("The callback").fill(callback);
  await page.getByText("It tells nothing: no model takes it.").waitFor();
  await page.getByRole("button", { name: "Make models from it" }).click();
  await page.getByRole("button", { name: "Put them into the file" }).click();
  await page.getByText("message", { exact: true }).first().waitFor();
  await page.getByText("+15550100123").first().waitFor();

  // The provider's answer.
  await page.getByRole("tab", { name: "Answer" }).click();
  await page.getByLabel("Body", { exact: true }).fill('{"id":"out-1"}');
  await page.getByText("out-1", { exact: true }).waitFor();

  await page.getByRole("tab", { name: "Tests" }).click();
  await page.getByText("Ready to publish.").waitFor();
  expect(await page.getByText("fails", { exact: true }).count()).toBe(0);
  await page.getByRole("button", { name: "Publish" }).click();
  await page.getByRole("dialog").or(page.getByRole("alertdialog")).getByRole("button", { name: "Publish" }).click();
  await page.getByText("Parrot is published").waitFor();
  await page.getByText("This is what is published.").waitFor();
  expect(await page.evaluate(() => localStorage.getItem("patchbay.draft.service.parrot"))).toBeNull();

  // A second version, compared with the first.
  const now = await page.evaluate(async () => (await (await fetch("/v1/services/parrot")).json()).file);
  await paste(file, JSON.stringify({ ...now, name: "Parrot 2" }, null, 2));
  await page.getByText("Ready to publish.").waitFor();
  await file.press("Control+s");
  await page.getByRole("alertdialog").or(page.getByRole("dialog")).getByRole("button", { name: "Publish" }).click();
  await page.getByText("Parrot 2 is published").waitFor();
  await page.getByRole("link", { name: "Parrot 2" }).click();
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByText('"name": "Parrot 2"').first().waitFor();
  expect(errors).toEqual([]);
});
