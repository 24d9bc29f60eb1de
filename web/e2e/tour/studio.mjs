// Where a service file is written: what is right with it, and what is wrong.
export async function studio({ page, go, look }) {
  await go("/portal/services", "Your own");
  await page.getByRole("button", { name: "New service" }).click();
  await look("service-new");
  await page.getByRole("button", { name: "Cancel" }).click();

  await go("/portal/services/generic/edit", "This is what is published.");
  const file = page.getByRole("textbox", { name: "Service file" });
  await page.getByRole("tab", { name: "Tests" }).click();
  await page.getByText("parts of the file are tried by a test").waitFor();
  await look("studio-tests");
  await page.getByRole("tab", { name: "Request" }).click();
  await page.getByText("As curl").first().waitFor();
  await look("studio-request");
  await page.getByRole("tab", { name: "Callback" }).click();
  await page.getByLabel("The callback").fill('{"event":"other","text":"Hi"}');
  await page.getByText("It tells nothing: no model takes it.").waitFor();
  await look("studio-callback");
  await page.getByRole("tab", { name: "Problems" }).click();
  await file.press("Control+Home");
  await file.press("ArrowRight");
  await page.keyboard.insertText('"clas": 7,');
  await page.getByText("nothing reads this member").first().waitFor();
  await look("studio-problems");
  await page.getByRole("button", { name: "Discard the draft" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Discard the draft" }).click();
  await page.getByText("This is what is published.").waitFor();
}
