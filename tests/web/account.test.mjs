// How somebody signs in, changed in the app; and the pages that mailed links open.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { look } from "./axe.mjs";
import { json } from "./people.mjs";
import { browser, server } from "./stage.mjs";
import { DESKTOP, PHONE, account, signIn, until } from "./support.mjs";

async function signedIn(who, more = {}) {
  const context = await browser.newContext({ viewport: PHONE, timezoneId: "UTC", ...more });
  const page = await context.newPage();
  await signIn(page, server, who);
  return { context, page };
}
const openSettings = async (page) => {
  await page.goto(`${server.url}/settings`);
  await page.getByRole("heading", { name: "Signing in" }).waitFor();
};
const signingIn = (page) => page.locator("section", { has: page.getByRole("heading", { name: "Signing in" }) });
// The address in the mail to `to` that opens `page`, of this server.
const linkTo = (to, page) =>
  until(() => {
    const folder = join(server.folder, "outbox");
    const mails = readdirSync(folder).filter((name) => name.endsWith(".eml")).map((name) => readFileSync(join(folder, name), "utf8"));
    const token = mails.filter((mail) => mail.includes(`To: ${to}\r\n`)).map((mail) => new RegExp(`/${page}\\?token=([\\w-]+)`).exec(mail)?.[1]).filter(Boolean).at(-1);
    return token && `${server.url}/${page}?token=${token}`;
  }, `the mail to ${to}`);
const isFine = async (page) => {
  const problems = [];
  await look(page, page.url(), problems);
  assert.deepEqual(problems, []);
};
const login = async (email, password) => (await fetch(`${server.url}/api/auth/login`, json("POST", { email, password }))).status;

test("a new address is asked for, confirmed by its link, and counts from then on", async () => {
  const who = await account(server, { username: "Mover" });
  const { context, page } = await signedIn(who);
  await openSettings(page);
  await page.getByText(`You sign in with ${who.email}.`).waitFor();
  const section = signingIn(page);
  await section.getByText("Change e-mail").first().click();
  const email = `new-${who.email}`;
  await section.getByLabel("New e-mail").fill(email);
  await section.getByLabel("Your password now").first().fill("wrong password");
  await section.getByRole("button", { name: "Change e-mail" }).click();
  await page.getByText("That is not your password").waitFor();
  await section.getByLabel("Your password now").first().fill(who.password);
  await section.getByRole("button", { name: "Change e-mail" }).click();
  await page.getByText(`whoever runs it has the link for ${email}`).waitFor();
  await isFine(page);
  assert.equal(await login(email, who.password), 401, "not before the link was opened");

  await page.goto(await linkTo(email, "confirm-email"));
  await page.getByRole("heading", { name: "Confirm your e-mail" }).waitFor();
  assert.equal(await login(email, who.password), 401, "nor by looking at it");
  await isFine(page);
  await page.getByRole("button", { name: "Confirm this address" }).click();
  await page.getByText(`You sign in with ${email} now.`).waitFor();
  assert.equal(await login(email, who.password), 200);
  await context.close();
});

test("a new password signs the other devices out and keeps this one", async () => {
  const who = await account(server, { username: "Careful" });
  const { context, page } = await signedIn(who, { viewport: DESKTOP, colorScheme: "dark" });
  await openSettings(page);
  const section = signingIn(page);
  await section.getByText("Change password").first().click();
  await section.getByLabel("Your password now").last().fill(who.password);
  await section.getByLabel("New password").fill("even longer");
  await section.getByRole("button", { name: "Change password" }).click();
  await page.getByText("Your password is changed.").waitFor();
  await isFine(page);
  assert.equal(await login(who.email, who.password), 401);
  assert.equal(await login(who.email, "even longer"), 200);
  await page.reload();
  await page.getByRole("heading", { name: "Signing in" }).waitFor();
  await context.close();
});

test("an account that is deleted is kept with the link in the mail", async () => {
  const who = await account(server, { username: "Unsure" });
  const { context, page } = await signedIn(who);
  await openSettings(page);
  await page.getByRole("button", { name: "Delete account" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("deleted for good after 7 days").waitFor();
  await dialog.getByLabel("Your password now").fill("wrong password");
  await dialog.getByRole("button", { name: "Delete account" }).click();
  await dialog.getByText("That is not your password").waitFor();
  await dialog.getByLabel("Your password now").fill(who.password);
  await dialog.getByLabel("Your password now").press("Enter");
  await page.getByRole("heading", { name: /Carry weight/ }).waitFor();
  await page.goto(`${server.url}/sign-in`);
  await page.getByLabel("E-mail").fill(who.email);
  await page.getByLabel("Password").fill(who.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("This account is being deleted.").waitFor();

  await page.goto(await linkTo(who.email, "undo-deletion"));
  await page.getByRole("heading", { name: "Keep your account" }).waitFor();
  await isFine(page);
  await page.getByRole("button", { name: "Keep my account" }).press("Enter");
  await page.getByText("Your account is as it was.").waitFor();
  await signIn(page, server, who);
  await context.close();
});

test("a link that is used up, or cut off, says so", async () => {
  const context = await browser.newContext({ viewport: PHONE });
  const page = await context.newPage();
  for (const [path, button] of [["confirm-email", "Confirm this address"], ["undo-deletion", "Keep my account"]]) {
    await page.goto(`${server.url}/${path}?token=used-up`);
    await page.getByRole("button", { name: button }).click();
    await page.getByText("This link is invalid or has expired").waitFor();
    await page.goto(`${server.url}/${path}`);
    await page.getByText("This page needs the link from the e-mail.").waitFor();
  }
  await context.close();
});
