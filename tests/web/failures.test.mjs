// What the server does not take, or does not say, is not shown as if it had.
import assert from "node:assert/strict";
import { test } from "node:test";
import { browser, server } from "./stage.mjs";
import { PHONE, account, api, openPhone, signIn, until } from "./support.mjs";
import { follow, json, outNow, ruckOf } from "./people.mjs";

async function signedIn(username = "Robin") {
  const context = await browser.newContext({ viewport: PHONE });
  const page = await openPhone(context, Date.now());
  const who = await account(server, { username });
  await signIn(page, server, who);
  return { context, page, who };
}
const cut = (page, what) => page.route(what, (route) => route.abort());
const focused = (page) => page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");

test("a ruck that could not be deleted: the question stays, with what went wrong", async () => {
  const { context, page, who } = await signedIn();
  const id = await ruckOf(server, who, { count: 60 });
  await page.goto(`${server.url}/rucks/${id}`);
  await page.getByRole("button", { name: "Delete" }).click();
  const dialog = page.getByRole("dialog");
  await cut(page, /\/api\/rucks\//);
  await dialog.getByRole("button", { name: "Delete" }).click();
  await dialog.getByRole("alert").getByText(/cannot be reached/).waitFor();
  assert.equal((await api(server, who, "/api/rucks")).length, 1);
  await page.unroute(/\/api\/rucks\//);
  await dialog.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("heading", { name: "Rucks" }).waitFor();
  assert.deepEqual(await api(server, who, "/api/rucks"), []);
  await context.close();
});

test("an edit that was not taken says so where one is, and keeps the words", async () => {
  const { context, page, who } = await signedIn();
  const id = await ruckOf(server, who, { count: 60 });
  await page.goto(`${server.url}/rucks/${id}`);
  await page.getByRole("button", { name: "Edit" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name of the ruck").fill("Through the fog");
  await cut(page, /\/details$/);
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await dialog.getByRole("alert").getByText(/cannot be reached/).waitFor();
  await page.unroute(/\/details$/);
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("heading", { name: "Through the fog" }).waitFor();
  await context.close();
});

test("who is out now is not claimed from long ago", async () => {
  const { context, page, who } = await signedIn();
  const mira = await account(server, { username: "Mira" });
  await follow(server, who, mira);
  const { send } = await outNow(server, mira);
  await send(20);
  await page.reload();
  const out = page.getByRole("link", { name: /Mira, out since/ });
  await out.waitFor();
  await cut(page, /following\/live/);
  // A moment without an answer changes nothing; three minutes do.
  await page.evaluate(() => globalThis.phone.wait(70_000));
  await page.waitForTimeout(6000);
  assert.equal(await out.count(), 1);
  await page.evaluate(() => globalThis.phone.wait(180_000));
  await until(async () => (await out.count()) === 0, "the claim to go");
  await context.close();
});

test("a server that failed is not called a missing network", async () => {
  const { context, page } = await signedIn();
  await page.route(/\/api\/stats\//, (route) => route.fulfill({ status: 500, contentType: "application/json", body: '{"error":"internal","message":"x"}' }));
  await page.goto(`${server.url}/statistics`);
  await page.getByText("The server could not answer this just now.").first().waitFor();
  assert.equal(await page.getByText(/No connection/).count(), 0);
  await context.close();
});

test("after something is removed by keyboard, the keyboard is at the heading of that part", async () => {
  const { context, page, who } = await signedIn();
  const id = await ruckOf(server, who, { count: 60 });
  await api(server, who, `/api/rucks/${id}/comments`, json("POST", { content: "First snow" }));
  await page.goto(`${server.url}/rucks/${id}`);
  const remove = page.locator("[data-comment]").getByRole("button", { name: "Delete" });
  await remove.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).focus();
  await page.keyboard.press("Enter");
  await remove.waitFor({ state: "detached" });
  await until(async () => (await focused(page)) === "Comments", "focus at the heading");
  // A sign-in of another device.
  await fetch(`${server.url}/api/auth/login`, json("POST", { email: who.email, password: who.password }));
  await page.goto(`${server.url}/settings`);
  const end = page.getByRole("button", { name: /^Sign out A device/ }).first();
  await end.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByLabel(/password/i).fill(who.password);
  await page.keyboard.press("Enter");
  await until(async () => (await focused(page)) === "Where you are signed in", "focus at the heading");
  await context.close();
});

test("a choice of privacy that was not taken goes back, and says so where it is", async () => {
  const { context, page, who } = await signedIn();
  await page.goto(`${server.url}/settings`);
  const hidden = page.getByRole("checkbox", { name: /profile/i }).first();
  const visible = page.locator("[data-visibility]");
  await hidden.waitFor();
  const before = await visible.inputValue();
  await cut(page, /\/api\/users\/profile/);
  await hidden.click();
  await page.getByRole("alert").getByText(/cannot be reached/).first().waitFor();
  assert.equal(await hidden.isChecked(), false);
  await visible.selectOption(before === "private" ? "public" : "private");
  await until(async () => (await page.getByRole("alert").count()) === 2, "a word beside each");
  assert.equal(await visible.inputValue(), before);
  await page.unroute(/\/api\/users\/profile/);
  await hidden.click();
  await until(async () => (await api(server, who, "/api/users/profile")).is_profile_private, "the server to have it");
  await context.close();
});

test("a map or a chart that did not come leaves the way, the figures and the forms", async () => {
  const who = await account(server);
  const id = await ruckOf(server, who, { count: 300 });
  const context = await browser.newContext({ viewport: PHONE, serviceWorkers: "block" });
  await context.route(/assets\/(leaflet|uPlot)/, (route) => route.abort());
  const page = await context.newPage();
  await signIn(page, server, who);
  await page.goto(`${server.url}/rucks/${id}`);
  await page.locator("svg path.way").waitFor();
  await page.getByRole("slider").scrollIntoViewIfNeeded();
  await page.getByText("The chart is not on this device yet.").waitFor();
  await page.getByRole("slider").fill("40");
  await page.locator("[data-readout]", { hasText: /\d m/ }).waitFor();
  await page.goto(`${server.url}/settings/privacy`);
  await page.getByRole("region", { name: /map/i }).first().scrollIntoViewIfNeeded();
  await page.getByText("The map is not on this device yet.").first().waitFor();
  await context.close();
});
