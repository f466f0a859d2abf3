// What is new, as two people bring it about and one of them finds it: the bell's count, the list, what
// they choose to be told, with a network and without.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./app_modules.mjs";
import { look } from "./axe.mjs";
import { focusIs, tabTo } from "./keys.mjs";
import { follow, json, outNow, ruckOf } from "./people.mjs";
import { browser, server } from "./stage.mjs";
import { DESKTOP, PHONE, account, api, setHidden, signIn, sleep, until } from "./support.mjs";

const NARROW = { width: 320, height: 640 };
const like = (who, ruck) => api(server, who, "/api/ruck-likes", json("POST", { ruck_id: ruck }));
const comment = (who, ruck, content = "Well walked.") => api(server, who, `/api/rucks/${ruck}/comments`, json("POST", { content }));
const listOf = async (who) => (await api(server, who, "/api/notifications")).notifications;
const unreadOf = async (who) => (await api(server, who, "/api/notifications/unread-count")).unread_count;
const told = (who, count) => until(async () => (await unreadOf(who)) === count, `${count} unread`);

// Who signs in on a new device is told so: that is read, and does not count below.
async function signedIn(who, viewport = PHONE, more = {}) {
  const context = await browser.newContext({ viewport, locale: "en-GB", ...more });
  const page = await context.newPage();
  await signIn(page, server, who);
  await until(async () => (await listOf(who)).some((each) => each.message.includes("signed in to on a new device")), "the sign-in to be told");
  await api(server, who, "/api/notifications/read-all", json("POST"));
  // What the page shows until the server has answered is the count that was kept.
  const counted = page.waitForResponse((reply) => reply.url().endsWith("/api/notifications/unread-count") && reply.ok());
  await page.reload();
  await page.getByRole("heading", { name: /Hello/ }).waitFor();
  await counted;
  await bellIs(page, 0);
  return { context, page };
}
const bell = (page) => page.locator("header [data-unread]");
const bellIs = (page, n) => until(async () => (await bell(page).getAttribute("data-unread")) === String(n), `a bell with ${n}`);
const rows = (page) => page.locator("[data-notice]");
const row = (page, text) => rows(page).filter({ hasText: text });
async function openList(page) {
  await page.goto(`${server.url}/notifications`);
  await rows(page).first().waitFor();
}

test("the count comes live; a line opens what it is about and is read; all of them by one button", async () => {
  const anna = await account(server, { username: "Anna" });
  const [kim, lea] = [await account(server, { username: "Kim" }), await account(server, { username: "Lea" })];
  const ruck = await ruckOf(server, anna, { title: "Over the pass" });
  const { context, page } = await signedIn(anna);
  assert.equal(await bell(page).getAttribute("aria-label"), "Notifications");
  let loads = 0;
  page.on("load", () => loads++);
  await follow(server, kim, anna);
  await bellIs(page, 1);
  assert.equal(await bell(page).getAttribute("aria-label"), "Notifications, 1 unread");
  assert.equal(await bell(page).innerText(), "1");
  await like(kim, ruck);
  await bellIs(page, 2);
  await like(lea, ruck);
  await comment(kim, ruck);
  await bellIs(page, 3);
  // Said for who does not see the bell; what comes together in one sentence.
  await until(async () => /new notification/i.test((await page.locator("header [role=status]").allInnerTexts()).join(" ")), "it to be said");

  await bell(page).click();
  await page.getByRole("heading", { name: "Notifications", level: 1 }).waitFor();
  await row(page, "Lea and 1 other liked your ruck").waitFor();
  await row(page, "Kim commented on your ruck").waitFor();
  await row(page, "Kim follows you").waitFor();
  assert.match(await row(page, "Kim follows you").innerText(), /Unread:\s+Kim follows you\s+(Just now|1 minute ago)/);
  await page.getByRole("heading", { name: "Today", level: 2 }).waitFor();
  assert.equal(await page.locator('[data-read="false"]').count(), 3);

  await row(page, "liked your ruck").getByRole("link").click();
  await page.getByRole("heading", { name: "Over the pass" }).waitFor();
  assert.equal(new URL(page.url()).pathname, `/rucks/${ruck}`);
  await bellIs(page, 2);
  await told(anna, 2);
  await page.goBack();
  await until(async () => (await page.locator('[data-read="true"]').count()) >= 2, "each like to be a line of its own, read");
  await row(page, "Kim commented").getByRole("link").click();
  await page.locator('[data-comments="1"]').waitFor();
  assert.equal(new URL(page.url()).search, "?to=comments");
  await page.goBack();
  await row(page, "Kim follows you").getByRole("link").click();
  await page.getByRole("heading", { name: "Kim", level: 1 }).waitFor();
  await told(anna, 0);
  await bellIs(page, 0);

  // A new one while the list is open: it is there, without the reader doing anything.
  await page.goBack();
  await follow(server, lea, anna);
  await row(page, "Lea follows you").waitFor();
  await comment(lea, ruck);
  await bellIs(page, 2);
  await page.getByRole("button", { name: "Mark all as read" }).click();
  await bellIs(page, 0);
  await told(anna, 0);
  assert.equal(await page.locator('[data-read="false"]').count(), 0);
  assert.equal(await page.getByRole("button", { name: "Mark all as read" }).count(), 0);
  await focusIs(page, "Notifications");
  // What is taken back is no longer there.
  await api(server, lea, `/api/users/${anna.id}/follow`, json("DELETE"));
  assert.equal(loads, 0, "all of it in one document");
  await context.close();
});

test("an answer that is late does not undo what was told live", async () => {
  const [anna, kim] = [await account(server, { username: "Anna" }), await account(server, { username: "Kim" })];
  const { context, page } = await signedIn(anna);
  const held = [];
  await page.route(/unread-count$/, async (route) => {
    const response = await route.fetch();
    await new Promise((resolve) => held.push(resolve));
    await route.fulfill({ response });
  });
  await page.reload();
  await until(() => held.length >= 2, "the count to be asked for by the page, and as the subscription begins");
  await follow(server, kim, anna);
  await bellIs(page, 1);
  while (held.length > 0) held.shift()();
  await sleep(300);
  assert.equal(await bell(page).getAttribute("data-unread"), "1");
  await context.close();
});

test("two tabs and another device agree on what is unread", async () => {
  const anna = await account(server, { username: "Anna" });
  const kim = await account(server, { username: "Kim" });
  const ruck = await ruckOf(server, anna);
  const { context, page } = await signedIn(anna);
  const other = await context.newPage();
  await other.goto(server.url);
  await follow(server, kim, anna);
  await like(kim, ruck);
  for (const each of [page, other]) await bellIs(each, 2);
  const device = await browser.newContext({ viewport: DESKTOP });
  const desk = await device.newPage();
  await signIn(desk, server, anna);
  await told(anna, 2); // this device is known by now
  await bellIs(desk, 2);
  await other.goto(`${server.url}/notifications`);
  await row(other, "Kim follows you").waitFor();

  await openList(page);
  await row(page, "Kim follows you").getByRole("link").click();
  for (const each of [page, other]) await bellIs(each, 1);
  await until(async () => (await row(other, "Kim follows you").getAttribute("data-read")) === "true", "the other tab's list to know it");
  // The other device asks when somebody looks at it again.
  await sleep(5_100); // it does so every five seconds at most
  await setHidden(desk, true);
  await setHidden(desk, false);
  await bellIs(desk, 1);
  await other.getByRole("button", { name: "Mark all as read" }).click();
  for (const each of [page, other]) await bellIs(each, 0);
  await context.close();
  await device.close();
});

test("what is switched off is not recorded; quiet hours are kept; all by keyboard", async () => {
  const anna = await account(server, { username: "Anna", time_zone: "Europe/Vienna" });
  const kim = await account(server, { username: "Kim" });
  const ruck = await ruckOf(server, anna);
  const { context, page } = await signedIn(anna, DESKTOP);
  const preferences = () => api(server, anna, "/api/notifications/preferences");
  const before = await preferences();
  await page.goto(`${server.url}/settings?to=notifications`);
  const section = page.getByRole("region", { name: "Notifications" });
  await section.getByText(/This server does not send notifications to browsers.*RUCK_PUSH_SUBJECT/).waitFor();
  assert.equal(await section.getByRole("button", { name: /Turn on/ }).count(), 0, "nothing that could not work is offered");
  await section.getByRole("table", { name: "What you are told, and how" }).waitFor();
  assert.equal(await section.getByRole("checkbox", { name: "Likes of your rucks: E-mail" }).isChecked(), false);
  for (const way of ["In app", "Push"]) {
    await tabTo(page, `Likes of your rucks: ${way}`);
    await page.keyboard.press("Space");
  }
  await until(async () => !(await preferences()).types.ruck_like.push, "the choice");
  const after = await preferences();
  assert.deepEqual(after, { ...before, types: { ...before.types, ruck_like: { in_app: false, push: false, email: false } } });
  await like(kim, ruck);
  await comment(kim, ruck); // comes behind it
  await bellIs(page, 1);
  assert.deepEqual((await listOf(anna)).filter((each) => !each.is_read).map((each) => each.message), ["Kim commented on your ruck"]);

  await tabTo(page, "No pushes in quiet hours");
  await page.keyboard.press("Space");
  await section.getByText(/Time in Europe\/Vienna/).waitFor();
  await until(async () => (await preferences()).quiet_hours !== null, "quiet hours");
  assert.deepEqual((await preferences()).quiet_hours, { start_minute: 1320, end_minute: 420 });
  await section.getByLabel("From", { exact: true }).fill("21:30");
  await until(async () => (await preferences()).quiet_hours.start_minute === 1290, "another start");
  await section.getByLabel("To", { exact: true }).fill("21:30");
  await section.getByText("there are no quiet hours").waitFor();
  await page.reload();
  await section.getByLabel("From", { exact: true }).waitFor();
  assert.equal(await section.getByLabel("To", { exact: true }).inputValue(), "21:30");
  await section.getByLabel("No pushes in quiet hours").uncheck();
  await until(async () => (await preferences()).quiet_hours === null, "none");
  await section.getByLabel("Send me my week by e-mail on Monday, if I rucked").check();
  await until(async () => (await preferences()).weekly_digest, "the weekly mail");

  // What the server does not take goes back to what it was, and is said.
  await context.setOffline(true);
  await section.getByRole("checkbox", { name: "Follows and requests: Push" }).click();
  await section.getByRole("alert").getByText(/cannot be reached/).waitFor();
  await until(() => section.getByRole("checkbox", { name: "Follows and requests: Push" }).isChecked(), "the choice as it was");
  await context.setOffline(false);
  assert.equal((await preferences()).types.follow.push, true);
  await context.close();
});

test("without a network the list and the count are those known last; what is opened is told later", async () => {
  const anna = await account(server, { username: "Anna" });
  const kim = await account(server, { username: "Kim" });
  const ruck = await ruckOf(server, anna, { title: "Lake and back" });
  const { context, page } = await signedIn(anna);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await follow(server, kim, anna);
  await like(kim, ruck);
  await bellIs(page, 2);
  await page.goto(`${server.url}/rucks/${ruck}`);
  await page.getByRole("heading", { name: "Lake and back" }).waitFor();
  await page.evaluate(() => document.querySelector("[data-unread]").click());
  await row(page, "Kim follows you").waitFor();
  await until(() => page.evaluate(() => navigator.serviceWorker.controller !== null), "the app to be on this device");
  await context.setOffline(true);
  await page.getByRole("link", { name: "Home" }).first().click();
  await page.getByRole("heading", { name: /Hello/ }).waitFor();
  await bellIs(page, 2);
  await bell(page).click();
  await page.getByText(/No connection\. As it was/).waitFor();
  await row(page, "Kim liked your ruck").getByRole("link").click();
  await page.getByRole("heading", { name: "Lake and back" }).waitFor();
  await bellIs(page, 1);
  assert.equal(await unreadOf(anna), 2);
  await bell(page).click();
  await row(page, "Kim follows you").waitFor();
  await page.getByRole("button", { name: "Mark all as read" }).click();
  await page.getByRole("alert").getByText(/cannot be reached/).waitFor();
  await context.setOffline(false);
  await told(anna, 1);
  await bellIs(page, 1);
  await until(async () => (await row(page, "Kim liked your ruck").getAttribute("data-read")) === "true", "the list as the server has it");
  await context.close();
});

test("more than a page; a server that fails is said to; nobody's list is empty in words", async () => {
  const anna = await account(server, { username: "Anna" });
  const kim = await account(server, { username: "Kim" });
  const ruck = await ruckOf(server, anna);
  const { context, page } = await signedIn(anna);
  // Each a line of its own once it is read.
  for (let i = 0; i < 34; i++) await comment(kim, ruck, `Number ${i}`);
  await told(anna, 1);
  await until(async () => (await listOf(anna))[0].data.count === "34", "all of them");
  await api(server, anna, "/api/notifications/read-all", json("POST"));
  await openList(page);
  await until(async () => (await rows(page).count()) === 30, "a page");
  await page.getByRole("button", { name: "Show more" }).click();
  await until(async () => (await rows(page).count()) === 35, "the rest, with the sign-in");
  assert.equal(await page.getByRole("button", { name: "Show more" }).count(), 0);
  const ids = await rows(page).evaluateAll((all) => all.map((each) => each.dataset.notice));
  assert.equal(new Set(ids).size, 35);
  // As far as it was read: after going on and back, and when something new comes.
  await rows(page).nth(33).getByRole("link").click();
  await page.locator("[data-comments]").waitFor();
  await page.goBack();
  await until(async () => (await rows(page).count()) === 35, "both pages again");
  await follow(server, kim, anna);
  await row(page, "Kim follows you").waitFor();
  await until(async () => (await rows(page).count()) === 36, "one more");
  await row(page, "signed in to on a new device").getByRole("link").click();
  await page.getByRole("heading", { name: "Where you are signed in" }).waitFor();
  await focusIs(page, "Where you are signed in");

  const lone = await account(server, { username: "Lone" });
  const second = await signedIn(lone);
  const id = (await listOf(lone))[0].id;
  await api(server, lone, `/api/notifications/${id}`, json("DELETE"));
  await second.page.goto(`${server.url}/notifications`);
  await second.page.locator("[data-empty]").getByText("Nothing yet").waitFor();
  await second.page.route("**/api/notifications?*", (route) => route.fulfill({ status: 500, contentType: "application/json", body: JSON.stringify({ error: "internal", message: "x" }) }));
  await second.page.reload();
  await second.page.getByText(/The server could not answer this just now\..*As it was/).waitFor();
  await second.context.close();
  await context.close();
});

test("a request to follow is answered at the head of the list", async () => {
  const anna = await account(server, { username: "Anna" });
  const kim = await account(server, { username: "Kim" });
  await api(server, anna, "/api/users/profile", json("PUT", { approve_followers: true }));
  const { context, page } = await signedIn(anna);
  await page.goto(`${server.url}/notifications`);
  await follow(server, kim, anna);
  await row(page, "Kim wants to follow you").waitFor();
  assert.equal(await row(page, "Kim wants to follow you").getByRole("link").getAttribute("href"), `/users/${kim.id}`);
  await page.getByRole("button", { name: "Let Kim follow you" }).click();
  await page.getByText("Kim follows you now.").waitFor();
  await bellIs(page, 0);
  await until(async () => (await page.locator('[data-read="false"]').count()) === 0, "nothing unread");
  await context.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`no violation on the list, its settings and the card: ${colorScheme}, three widths`, async () => {
    const problems = [];
    const anna = await account(server, { username: "Maximiliane-Alexandra" });
    const kim = await account(server, { username: "Bartholomew Featherstonehaugh" });
    const lea = await account(server, { username: "Lea" });
    const ruck = await ruckOf(server, anna);
    const { context, page } = await signedIn(anna, NARROW, { colorScheme, reducedMotion: "reduce" });
    await page.goto(`${server.url}/notifications`);
    await rows(page).first().waitFor();
    await look(page, "all read", problems);
    await follow(server, kim, anna);
    await follow(server, lea, anna);
    await like(kim, ruck);
    await comment(lea, ruck);
    await bellIs(page, 3);
    for (const viewport of [NARROW, PHONE, DESKTOP]) {
      await page.setViewportSize(viewport);
      await openList(page);
      await look(page, `list, ${viewport.width} px`, problems);
      await page.goto(`${server.url}/settings?to=notifications`);
      await page.getByLabel("No pushes in quiet hours").check();
      await page.getByLabel("From", { exact: true }).waitFor();
      await look(page, `settings, ${viewport.width} px`, problems);
    }
    assert.deepEqual(problems, []);
    await context.close();
  });
}

// Her phone is out with her; this page is at home.
test("an app that is open away from the ruck does not keep a cheer from being told", async () => {
  const anna = await account(server, { username: "Anna" });
  const kim = await account(server, { username: "Kim" });
  await follow(server, kim, anna);
  const { context, page } = await signedIn(anna, DESKTOP);
  const out = await outNow(server, anna);
  await api(server, kim, `/api/rucks/${out.id}/messages`, json("POST", { message: "Up that hill!" }));
  await bellIs(page, 1);
  await bell(page).click();
  await row(page, "Kim: Up that hill!").waitFor();
  await out.finish();
  await context.close();
});

test("the keyboard goes from the bell to a line and back", async () => {
  const anna = await account(server, { username: "Anna" });
  const kim = await account(server, { username: "Kim" });
  const { context, page } = await signedIn(anna);
  await follow(server, kim, anna);
  await bellIs(page, 1);
  await tabTo(page, "Notifications, 1 unread");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Notifications", level: 1 }).waitFor();
  await focusIs(page, "Notifications");
  await rows(page).first().waitFor();
  await tabTo(page, "Kim");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Kim", level: 1 }).waitFor();
  await told(anna, 0);
  await context.close();
});

test("each type leads to its page; what is no id makes no address", async () => {
  const { placeOf } = await load("lib/notice-place.ts");
  const person = "0192f0c4-7a3b-7c11-9a55-3f1d2c4b5a69";
  for (const [data, place] of [
    [{ type: "ruck_started", ruck_id: "7", sender_id: person }, "/rucks/7/live"],
    [{ type: "ruck_message", ruck_id: "7", sender_id: person }, "/rucks/7"],
    [{ type: "ruck_like", ruck_id: "7" }, "/rucks/7"],
    [{ type: "ruck_comment", ruck_id: "7" }, "/rucks/7?to=comments"],
    [{ type: "ruck_activity", kind: "ruck_activity_like", ruck_id: "7" }, "/rucks/7"],
    [{ type: "ruck_activity", kind: "ruck_activity_comment", ruck_id: "7" }, "/rucks/7?to=comments"],
    [{ type: "follow", kind: "follow", user_id: person }, `/users/${person}`],
    [{ type: "follow", kind: "follow_request", user_id: person }, "/notifications"],
    [{ type: "system", ruck_id: "7" }, "/rucks/7"],
    [{ type: "system", session_id: person, device: "Chrome" }, "/settings?to=devices"],
    [{ type: "of_tomorrow", sender_id: person }, `/users/${person}`],
    [{ type: "constructor" }, "/notifications"],
    [{}, "/notifications"],
    [{ type: "ruck_like", ruck_id: "../settings" }, "/notifications"],
    [{ type: "ruck_like", ruck_id: 7 }, "/notifications"],
    [{ type: "follow", user_id: "//evil.example", sender_id: ["x"] }, "/notifications"],
  ]) {
    assert.equal(placeOf(data), place, JSON.stringify(data));
  }
});
