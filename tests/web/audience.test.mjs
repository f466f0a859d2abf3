// Who sees one live, who follows, and how that is chosen.
import assert from "node:assert/strict";
import { test } from "node:test";
import { look } from "./axe.mjs";
import { follow, json, outNow } from "./people.mjs";
import { browser, server } from "./stage.mjs";
import { DESKTOP, PHONE, account, api, openPhone, signIn, startRuck, until } from "./support.mjs";

async function signedIn(who, more = {}) {
  const context = await browser.newContext({ viewport: PHONE, reducedMotion: "reduce", ...more });
  const page = await context.newPage();
  await signIn(page, server, who);
  return { context, page };
}
const profileOf = (who) => api(server, who, "/api/users/profile");
const toggle = (who, changes) => api(server, who, "/api/users/profile", json("PUT", changes));

test("settings: who sees one live is a choice that says what it means, and is kept", async () => {
  const who = await account(server);
  const { context, page } = await signedIn(who);
  await page.goto(`${server.url}/settings`);
  const choice = page.getByLabel("While I am out, my position is shown to");
  await choice.waitFor();
  assert.equal(await choice.inputValue(), "mutual");
  for (const [name, words] of [["followers", /Everybody who follows you/], ["link", /except with a link/], ["nobody", /there are no links/], ["mutual", /People you follow and who follow you/]]) {
    await choice.selectOption(name);
    await until(async () => (await profileOf(who)).live_audience === name, "the server to have it");
    await page.getByText(words).waitFor();
    assert.match(await page.locator(`#${await choice.getAttribute("aria-describedby")}`).innerText(), words);
  }
  const asks = page.getByLabel("Ask me before somebody may follow me");
  assert.equal(await asks.isChecked(), false);
  await asks.check();
  await until(async () => (await profileOf(who)).approve_followers, "the server to have it");
  // What the server does not take is not shown as chosen.
  await page.route("**/api/users/profile", (route) => (route.request().method() === "PUT" ? route.abort() : route.continue()));
  await choice.selectOption("nobody");
  await page.getByRole("alert").waitFor();
  assert.equal(await choice.inputValue(), "mutual");
  await context.close();
});

test("recording: the page says who sees one, before and on the way; without links where nobody may", async () => {
  const who = await account(server);
  const context = await browser.newContext({ viewport: PHONE });
  const page = await openPhone(context, Date.now() - 1_000_000);
  await signIn(page, server, who);
  await toggle(who, { live_audience: "nobody" });
  await page.reload();
  await page.goto(`${server.url}/record`);
  await page.getByText("Nobody can see you live.").waitFor();
  await startRuck(page, server);
  await page.locator("[data-who-sees]", { hasText: "Nobody can see you live." }).waitFor();
  await page.getByRole("button", { name: "Share live" }).click();
  await page.getByText("Your settings let nobody see you live, so there are no links.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Make a link" }).count(), 0);
  await context.close();
});

test("a follower outside the audience is told calmly, and sees nobody out", async () => {
  const [anna, kim] = [await account(server, { username: "Anna" }), await account(server, { username: "Kim" })];
  await follow(server, kim, anna);
  const out = await outNow(server, anna);
  await out.send(300);
  const { context, page } = await signedIn(kim);
  await page.locator('[data-out="1"]').waitFor();
  await page.goto(`${server.url}/rucks/${out.id}/live`);
  await page.locator("[data-live=live]").waitFor();
  await toggle(anna, { live_audience: "mutual" });
  await page.locator('[data-over="disabled"]').waitFor();
  await page.getByText("This ruck is not shared with you while it is under way.").waitFor();
  await page.goto(server.url);
  await page.locator('[data-out="0"]').waitFor();
  await out.finish();
  await context.close();
});

test("a request to follow: asked, shown as asked, approved or declined, taken back", async () => {
  const [anna, kim, lea] = [await account(server, { username: "Anna Asked" }), await account(server, { username: "Kim Asks" }), await account(server, { username: "Lea Asks" })];
  await toggle(anna, { approve_followers: true });
  const { context, page } = await signedIn(kim);
  await page.goto(`${server.url}/users/${anna.id}`);
  await page.getByRole("button", { name: "Follow Anna Asked" }).click();
  const asked = page.getByRole("button", { name: "Take back the request to follow Anna Asked" });
  await asked.waitFor();
  await page.reload();
  await asked.click();
  await page.getByRole("button", { name: "Follow Anna Asked" }).click();
  await asked.waitFor();
  await follow(server, lea, anna);

  const hers = await signedIn(anna);
  await hers.page.goto(`${server.url}/people`);
  await hers.page.getByRole("button", { name: "Followers" }).click();
  await hers.page.getByRole("heading", { name: "2 people want to follow you" }).waitFor();
  const problems = [];
  await look(hers.page, "requests", problems);
  assert.deepEqual(problems, []);
  await hers.page.getByRole("button", { name: "Let Kim Asks follow you" }).click();
  await hers.page.getByText("Kim Asks follows you now.").waitFor();
  await hers.page.getByRole("button", { name: "Decline that Lea Asks follows you" }).click();
  await hers.page.getByText("Declined. Lea Asks is not told.").waitFor();
  await hers.page.locator('[data-person="Kim Asks"]').waitFor();
  assert.equal(await hers.page.locator('[data-person="Lea Asks"]').count(), 0);
  await page.reload();
  await page.getByRole("button", { name: "Follow Anna Asked no longer" }).waitFor();
  await hers.context.close();
  await context.close();
});

for (const colorScheme of ["light", "dark"]) {
  for (const viewport of [PHONE, DESKTOP]) {
    test(`a follower is removed by keyboard, and axe finds nothing: ${colorScheme}, ${viewport.width} px`, async () => {
      const [anna, kim] = [await account(server, { username: "Anna" }), await account(server, { username: "Kim Gone" })];
      await follow(server, kim, anna);
      const { context, page } = await signedIn(anna, { viewport, colorScheme });
      const problems = [];
      await page.goto(`${server.url}/settings`);
      await page.getByLabel("While I am out, my position is shown to").waitFor();
      await look(page, "settings", problems);
      await page.goto(`${server.url}/users/${anna.id}/followers`);
      const remove = page.getByRole("button", { name: "Remove Kim Gone from your followers" });
      await remove.waitFor();
      await look(page, "followers", problems);
      await remove.focus();
      await page.keyboard.press("Enter");
      const dialog = page.getByRole("dialog", { name: "Remove Kim Gone from your followers?" });
      await dialog.waitFor();
      await look(page, "remove?", problems);
      await dialog.getByRole("button", { name: "Remove", exact: true }).focus();
      await page.keyboard.press("Enter");
      await page.getByText("Kim Gone no longer follows you.").waitFor();
      await page.getByText("Nobody yet.").waitFor();
      const { data } = await api(server, kim, `/api/users/${anna.id}/profile`);
      assert.equal(data.user.isFollowing, false);
      assert.deepEqual(problems, []);
      await context.close();
    });
  }
}
