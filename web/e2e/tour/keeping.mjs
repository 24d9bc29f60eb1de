// What is paused, what is kept, who wants nothing more.

export async function keeping({ page, go, look, refuse, org }) {
  await go(`${org}/integrations/simulator`, "Webhook URL");
  await page.getByRole("button", { name: "Settings", exact: true }).click();
  await page.getByRole("menuitem", { name: "Pause" }).click();
  await page.getByLabel("Why (optional)").fill("The contract is being renewed");
  await look("pause-form");
  await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
  await page.getByText("Paused: The contract is being renewed").waitFor();
  await look("paused");
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByText("It sends again").waitFor();

  await go(`${org}/numbers`, "+1 555 000 9999");
  await page.getByRole("button", { name: "More for +15550009999" }).click();
  await page.getByRole("menuitem", { name: "Edit" }).click();
  const way = page.getByRole("dialog").getByRole("group", { name: "Its way out" });
  await way.getByLabel("Service", { exact: true }).selectOption("simulator");
  await page.getByText("Saving moves it away from twilio").waitFor();
  await way.getByLabel("If its service cannot take a text").selectOption("twilio");
  await page.getByLabel("Messages a day (optional)").fill("1000");
  await page.getByLabel("Messages a day (optional)").scrollIntoViewIfNeeded();
  await look("number-way");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Number saved").waitFor();
  await page.getByRole("row", { name: /9999.*simulator/ }).waitFor();

  await go(`${org}/optouts`, "Nobody has opted out");
  await page.getByRole("button", { name: "Import CSV" }).click();
  await page.getByLabel("File").setInputFiles({
    name: "stop.csv",
    mimeType: "text/csv",
    buffer: Buffer.from("contact,number\n+15550100198,+15550009999\n+15550100199,\n"),
  });
  await page.getByText("The first lines").first().waitFor();
  await look("optouts-import");
  await page.getByRole("button", { name: "Add 2" }).click();
  await page.getByText("+1 555 010 0199", { exact: true }).waitFor();
  await look("optouts-list");
  await page.getByRole("button", { name: "Take off the list: +15550100199" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Take off the list" }).click();
  await page.getByText("+1 555 010 0199", { exact: true }).waitFor({ state: "detached" });
  refuse(true); // that somebody is not on the list is a 404, which a browser reports
  await page.getByLabel("Find a contact's number").fill("+15550100199");
  await page.keyboard.press("Enter");
  await page.getByText("Not on the list").waitFor();
  await look("optouts-not-found");
  refuse(false);
  await page.getByRole("link", { name: "History" }).click();
  await page.getByText("Back", { exact: true }).waitFor();
  await look("optouts-history");

  await go(`${org}/data`, "Erase a contact");
  await page.getByText("Retention of the account").waitFor();
  await page.getByLabel("Messages", { exact: true }).first().selectOption("365");
  await page.getByText("is removed within a day").waitFor();
  await look("data");
  await page.getByRole("button", { name: "Save" }).first().click();
  await page.getByText("Saved").first().waitFor();
  await page.getByLabel("Number of the contact").fill("+15005550002");
  await page.getByRole("button", { name: "Erase", exact: true }).click();
  await page.getByText("Erase this contact?").waitFor();
  await look("erase");
  await page.getByLabel("Type the number again").fill("+15005550002");
  await page.getByRole("alertdialog").getByRole("button", { name: "Erase" }).click();
  await page.getByText(/Erased\.|It goes on by itself/).waitFor();
  await page.getByText(/Erased\.|It goes on by itself/).scrollIntoViewIfNeeded();
  await look("erased");
}
