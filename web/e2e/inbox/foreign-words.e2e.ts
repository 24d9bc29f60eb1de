import { afterAll, beforeAll, expect, it } from "vitest";
import { magic, numbers, startWorld, type World } from "./world";

/** Texts, names, file names and providers' errors are other people's words: they are shown, and do nothing. */

const corpus = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  '"><svg onload=alert(1)>',
  "javascript:alert(1)",
  "<a href='javascript:alert(1)'>click</a>",
  "{{constructor.constructor('alert(1)')()}}",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is no placeholder of ours
  "${alert(1)} $to$ {{to}} $API key$",
  "</textarea><iframe srcdoc='<script>alert(1)</script>'>",
  'https://example.com/"onmouseover="alert(1)',
  "https://good.example@evil.example/",
  "data:text/html,<script>alert(1)</script>",
  "&lt;script&gt;alert(1)&lt;/script&gt;",
];

let w: World;
beforeAll(async () => {
  w = await startWorld();
});
afterAll(async () => w?.stop());

it("foreign words are text wherever they stand", async () => {
  for (const [i, text] of corpus.entries()) {
    const from = `+155501003${String(i).padStart(2, "0")}`;
    await w.call("POST", `/v1/organizations/${w.orgid}/contacts`, {
      name: `${text} ${i}`,
      info: { phone: [from], note: text, email: [text] },
    });
    await w.write(from, numbers.support, text);
  }
  const { page, context } = await w.signIn("101", { acceptDownloads: false });
  const wrong: string[] = [];
  page.on("dialog", (d) => {
    wrong.push(d.message());
    void d.dismiss();
  });
  page.on("console", (m) => m.type() === "error" && wrong.push(m.text())); // the policy would say so there
  // The server takes the worst out of names; the page does not rely on it.
  await page.route("**/v1/conversations/*/messages?*", async (route) => {
    const answer = await route.fetch();
    const page = (await answer.json()) as { data: { status?: string; error?: unknown; media?: { name: string }[] }[] };
    for (const m of page.data) {
      if (m.status === "failed") m.error = { code: "x", text: corpus.join(" ") };
      for (const [i, f] of (m.media ?? []).entries()) f.name = i === 0 ? `${corpus[1]}.txt` : "photo\u202egpj.svg";
    }
    await route.fulfill({ response: answer, json: page });
  });
  await page.reload();
  const links = page.getByRole("list", { name: "Conversations" }).getByRole("link");
  await links.first().waitFor();
  for (const [i, text] of corpus.entries()) {
    await links.filter({ hasText: `${text} ${i}` }).click();
    const article = page.getByRole("article").filter({ hasText: text });
    await article.waitFor();
    expect(await article.locator("p").first().textContent()).toBe(text);
  }
  await page.getByRole("button", { name: "New conversation" }).first().click();
  await page.getByRole("textbox", { name: "To" }).fill(magic.refused);
  await page.getByRole("button", { name: "Begin" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" }); // until then the composer is another conversation's
  const box = page.getByRole("textbox", { name: "Message", exact: true });
  await page.locator('input[type="file"]').setInputFiles([
    { name: "<img src=x onerror=alert(1)>.txt", mimeType: "text/plain", buffer: Buffer.from("a") },
    {
      name: "photo\u202egpj.svg",
      mimeType: "image/svg+xml",
      buffer: Buffer.from("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
    },
  ]);
  await box.fill(corpus[0] ?? "");
  await box.press("Enter");
  await page.getByText("Not delivered:").waitFor();
  await page.reload(); // now its error is the corpus
  await page.getByText(`Not delivered: ${corpus.join(" ")}`).waitFor();
  await page.getByText("<img src=x onerror=alert(1)>.txt").waitFor();
  await page.getByText("photo‹U+202E›gpj.svg").waitFor();

  const made = await page.evaluate(() => ({
    odd: document.querySelectorAll(
      "iframe, script:not([src]), img[src='x'], svg[onload], a[href^='javascript:'], a[href^='data:']",
    ).length,
    loose: [...document.querySelectorAll<HTMLAnchorElement>("article a[target=_blank]")].filter(
      (a) => !/noopener noreferrer/.test(a.rel),
    ).length,
  }));
  expect(made).toEqual({ odd: 0, loose: 0 });
  expect(wrong).toEqual([]);
  await context.close();
});
