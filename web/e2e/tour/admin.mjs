// The pages of those who administer: people, usage, charts, dead letters, webhooks, files, what is kept.

/** A change as the page itself would send it. */
async function ask(page, method, path, body) {
  return page.evaluate(
    async ([how, at, what]) => {
      const answer = await fetch(at, { method: how, headers: { "Content-Type": "application/json" }, body: what });
      if (!answer.ok) throw new Error(`${how} ${at}: ${answer.status} ${await answer.text()}`);
      return answer.status === 204 ? null : answer.json();
    },
    [method, path, body === undefined ? undefined : JSON.stringify(body)],
  );
}

export async function admin({ page, go, look, refuse, org }) {
  const orgid = org.split("/").at(-1);

  await go("/portal/people", "Account admins");
  await page.getByText("(you)").waitFor();
  await page.getByText("Nobody administers this organization").waitFor();
  await page.getByRole("button", { name: "Add account admin" }).click();
  await page.getByLabel("E-mail").fill("olga@example.com");
  await page.getByLabel("Name (optional)").fill("Olga Olsen");
  await look("person-form");
  await page.getByRole("dialog").getByRole("button", { name: "Add", exact: true }).click();
  await page.getByText("Link for Olga Olsen").waitFor();
  await look("person-link");
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByText("Invited").first().waitFor();
  await page.getByRole("button", { name: "Add organization admin" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Omar");
  await page.getByLabel("Extension").fill("190");
  await page.getByRole("dialog").getByRole("button", { name: "Add", exact: true }).click();
  await page.getByText("Link for Omar").waitFor();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("cell", { name: "Omar", exact: true }).waitFor();
  await look("people");

  // Some that do not get through: refused, and unclear.
  const [own] = (await ask(page, "GET", `/v1/organizations/${orgid}/numbers`)).data.filter(
    (n) => n.service === "simulator",
  );
  for (const to of ["+15005550004", "+15005550005", "+15005550002", "+15005550001", "+15005550001"]) {
    await ask(page, "POST", "/v1/messages", { orgid, from: own.number, to, content: "Your order is ready." });
  }
  await go("/portal/traffic/dead-letters", "+1 500 555 0005");
  await page.getByText("+1 500 555 0004").waitFor();
  await page.getByLabel("Select the message to +1 500 555 0005").check();
  await look("letters");
  await page.getByLabel("Select all that are shown").check();
  await page.getByRole("button", { name: "Send again" }).click();
  await page.getByText("may have arrived already").waitFor();
  await look("letters-ask");
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByLabel("Select the message to +1 500 555 0002").uncheck();
  await page.getByRole("button", { name: "Dismiss" }).click();
  await page.getByText("Each keeps why it failed").waitFor();
  await look("letters-dismiss");
  await page.getByRole("alertdialog").getByRole("button", { name: "Dismiss" }).click();
  await page.getByText(/\d dismissed/).waitFor();
  await page.getByRole("button", { name: "More for the message to +1 500 555 0002" }).click();
  await page.getByRole("menuitem", { name: "Edit and send" }).click();
  await page.getByRole("dialog").getByLabel("Text").fill("Your order is ready, at the other door.");
  await look("letters-edit");
  await page.getByRole("dialog").getByRole("button", { name: "Send again" }).click();
  await page.getByText("Sent again as a new message").waitFor();
  await go("/portal/traffic/dead-letters?code=none-such", "Nothing fits these filters");
  await look("letters-none");
  await go("/portal/traffic/charts", "Failures by code");
  await page.getByRole("img", { name: /sent, of those/ }).waitFor();
  await page.getByText("Show as a table").click();
  await look("charts");
  await go("/portal/usage", "Received");
  await page.getByRole("table").waitFor();
  await look("usage");
  await go("/portal/usage?month=2020-01", "Nothing in this month");
  await look("usage-none");
  await go("/portal/organizations", "Today");
  await look("organizations");
  await go(org, "Received today");
  await page.getByRole("img", { name: /sent, of those/ }).waitFor();
  await look("glance");

  await go("/portal/notifications", "example.com");
  await page.getByRole("link", { name: "https://example.com/hook" }).click();
  await page
    .getByText("No requests yet")
    .or(page.getByRole("columnheader", { name: "Took" }))
    .first()
    .waitFor();
  await look("webhook");
  await page.getByRole("button", { name: "Tell again" }).click();
  await look("webhook-replay");
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "New secret" }).click();
  await look("webhook-rotate");
  await page.getByRole("dialog").getByRole("button", { name: "New secret" }).click();
  await page.getByLabel("Signing secret", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByText("The old secret signs too").waitFor();

  await go(`${org}/users`, "Omar");
  await page.getByRole("button", { name: "Import CSV" }).click();
  const csv = (text) => ({ name: "users.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  refuse(true);
  await page.getByLabel("File").setInputFiles(csv("extension,name,role\n201,Dina,user\n201,Dora,user\n,Emil,boss\n"));
  await page.getByText("line 3").waitFor();
  await look("import-mistakes");
  refuse(false);
  await page.getByLabel("File").setInputFiles(csv("extension,name,email\n201,Dina,dina@example.com\n202,Dora,\n"));
  await page.getByText("2 are added").waitFor();
  await look("import");
  await page.getByRole("button", { name: "Add 2" }).click();
  await page.getByText("2 added").waitFor();
  await page.getByRole("cell", { name: "Dina", exact: true }).waitFor();
}
