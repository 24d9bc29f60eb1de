// Pictures of every screen of the portal, on a wide screen and a phone, light and dark; axe on each; no word on the console.
//   npm run e2e, or: node e2e/shots.mjs http://127.0.0.1:8080 "<the one-time link's address>" DIR
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { admin } from "./tour/admin.mjs";
import { keeping } from "./tour/keeping.mjs";
import { studio } from "./tour/studio.mjs";

const [base, link, dir = "shots"] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
mkdirSync(dir, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
const page = await context.newPage();
let wrong = 0;
let refused = false; // an answer that is no success is waited for
const complain = (text) => {
  wrong++;
  console.log(text);
};
page.on("console", (m) => {
  if (!["error", "warning"].includes(m.type()) || refused || page.url().endsWith("/nowhere")) return; // a browser reports the 404 that was asked for
  complain(`console on ${page.url()}: ${m.text()}`);
});
page.on("pageerror", (e) => complain(`error on ${page.url()}: ${e.stack}`));

async function look(name, phone = true) {
  for (const theme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: theme });
    for (const width of phone ? [1280, 390] : [1280]) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
      await page.waitForTimeout(150);
      await page.screenshot({ path: `${dir}/${name}-${width}-${theme}.png` });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) complain(`${name} at ${width}: ${wide} pixels too wide`);
      const found = await page.evaluate(async (source) => {
        // Run by the debugger, not by the page: the page's policy would not let it.
        if (!window.axe) new Function(source).call(window);
        return (await window.axe.run(document)).violations.map(
          (v) =>
            `${v.id}: ${v.nodes
              .slice(0, 3)
              .map((n) => n.target.join(" "))
              .join(" | ")}`,
        );
      }, axe);
      for (const f of found) complain(`axe on ${name} (${theme}, ${width}): ${f}`);
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}
const go = async (path, wait) => {
  await page.goto(base + path);
  await page
    .getByText(wait)
    .first()
    .waitFor({ timeout: 8000 })
    .catch(() => complain(`${path}: no "${wait}"`));
};

await go("/sign-in", "Password");
await look("sign-in");
await page.goto(link);
await page.getByLabel("Your e-mail address").fill("admin@example.com");
await page.getByLabel("Your name").fill("Ada Admin");
await page.getByLabel("Password", { exact: true }).fill("violet kettle walks north");
await page.getByLabel("The same password again").fill("violet kettle walks north");
await look("welcome");
await page.getByRole("button", { name: "Save and begin" }).click();
await page.getByText("Send your first text").waitFor();
await page.getByRole("button", { name: "Send", exact: true }).click();
await page.getByText("Both ways work.").waitFor({ timeout: 15000 });
await look("first-text");
await page.getByRole("link", { name: "See what happened" }).click();
await page.getByText("Attempt 1").waitFor();
await page.getByText("Delivered").first().waitFor();
await look("message");
await go("/portal/organizations", "Sandbox");
await page.getByRole("link", { name: "Sandbox" }).click();
await page.getByText("Simulator").waitFor();
await look("integrations");
await page.getByRole("link", { name: "Twilio" }).click();
await page.getByText("Account SID").first().waitFor();
await look("integration-off");
await page.getByLabel("Account SID").fill("ACtest");
await page.getByLabel("Auth Token").fill("secret");
await page.getByRole("button", { name: "Enable" }).click();
await page.getByLabel("Webhook URL", { exact: true }).waitFor();
await page.getByRole("button", { name: "Add number" }).click();
await page.getByLabel("Number", { exact: true }).fill("+15550009999");
await page.getByLabel("Select all").check();
await look("number-form");
await page.getByRole("dialog").getByRole("button", { name: "Add", exact: true }).click();
await page.getByText("+1 555 000 9999").first().waitFor();
await look("integration-on");
const org = new URL(page.url()).pathname.split("/").slice(0, 4).join("/");
await go(`${org}/numbers`, "+1 555 000 9999");
await look("numbers");
await go(`${org}/users`, "Ana");
await look("users");
await page.getByRole("button", { name: "Add user" }).click();
await page.getByLabel("Name").fill("Cara");
await page.getByLabel("Extension").fill("103");
await page.getByRole("dialog").getByRole("button", { name: "Add", exact: true }).click();
await page.getByText("Link for Cara").waitFor();
await look("user-link");
await go(`${org}/optouts`, "Nobody has opted out");
await look("optouts");
await go(`${org}/settings`, "Delete organization");
await look("settings");
for (const [path, wait, name] of [
  ["/portal/services", "Catalogue", "services"],
  ["/portal/services/twilio", "Setting it up", "service"],
  ["/portal/traffic", "+1 500 555 0007", "traffic"],
  ["/portal/traffic/callbacks", "Nothing unmatched", "callbacks"],
  ["/portal/notifications", "No webhooks", "notifications"],
  ["/portal/audit", "user.created", "audit"],
  ["/portal/keys", "first key", "keys"],
  ["/nowhere", "There is nothing here", "nothing"],
]) {
  await go(path, wait);
  await look(name);
}
await go("/portal/notifications", "No webhooks");
await page.getByRole("button", { name: "Add webhook" }).click();
await page.getByLabel("Address").fill("https://example.com/hook");
await look("webhook-form");
await page.getByRole("dialog").getByRole("button", { name: "Add", exact: true }).click();
await page.getByLabel("Signing secret", { exact: true }).waitFor();
await look("webhook-secret");
await page.getByRole("button", { name: "Done" }).click();
await page.getByText("https://example.com/hook").click();
await page.getByText("No requests yet").waitFor();
await look("webhook");
await page.getByRole("button", { name: "More" }).click();
await page.getByRole("menuitem", { name: "Pause" }).click();
await page.getByLabel("Why").fill("The program moves on Saturday.");
await look("webhook-pause");
await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
await page.getByText("The program moves on Saturday.").waitFor();
await look("webhook-paused");
await page.getByRole("button", { name: "Resume" }).click();
await page.getByText("The program moves on Saturday.").waitFor({ state: "detached" });
await go("/portal/keys", "first key");
await page.getByRole("button", { name: "New key" }).click();
await page.getByLabel("Name").fill("billing");
await page.getByLabel("Acts as").selectOption("user");
await page.getByLabel("Organization").selectOption("Sandbox");
await page.getByLabel("User").selectOption("Ana (101)");
await look("key-form");
await page.getByRole("button", { name: "Create" }).click();
await page.getByText("Shown this once.").waitFor();
await look("key-made");
await go(`${org}/numbers`, "+1 555 000 9999");
await page.getByRole("button", { name: "More for +15550009999" }).click();
await page.getByRole("menuitem", { name: "Edit" }).click();
await page.getByLabel("Country").fill("us");
// What is refused is said once, at its field.
await page.getByLabel("Header").fill("x".repeat(2000));
refused = true;
await page.getByRole("button", { name: "Save" }).click();
await page.locator("[aria-invalid]").waitFor();
if ((await page.getByRole("dialog").getByRole("alert").count()) > 0) complain("an error is said twice");
await look("number-refused");
refused = false;
await page.getByLabel("Header").fill("ACME:");
await page.getByLabel("Display name").fill("Front desk");
await page.getByRole("button", { name: "Save" }).click();
await page.getByText("Front desk").first().waitFor();
const refuse = (on) => {
  refused = on;
};
await admin({ page, go, look, refuse, org });
await keeping({ page, go, look, refuse, org });
await studio({ page, go, look });
await browser.close();
console.log(wrong === 0 ? "no complaint" : `${wrong} complaints`);
process.exit(wrong ? 1 : 0);
