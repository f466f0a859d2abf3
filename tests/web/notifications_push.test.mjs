// Web Push from end to end: the server's own message, encrypted, to a push service; decrypted as a browser
// does; handed to the real service worker; shown, and opened.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { look } from "./axe.mjs";
import { follow, json, outNow, ruckOf } from "./people.mjs";
import { PushService, installPush } from "./push_service.mjs";
import { stage } from "./staging.mjs";
import { DESKTOP, PHONE, account, api, signIn, until } from "./support.mjs";

const { server, browser } = await stage({ RUCK_PUSH_SUBJECT: "mailto:ops@example.org", RUCK_OUTBOUND_PRIVATE: "on" });
let service;
before(async () => (service = await PushService.start()));
after(() => service.stop());

const like = (who, ruck) => api(server, who, "/api/ruck-likes", json("POST", { ruck_id: ruck }));
const unreadOf = async (who) => (await api(server, who, "/api/notifications/unread-count")).unread_count;
const keyOfServer = async () => (await (await fetch(`${server.url}/api/app/web-config`)).json()).vapid_public_key;

async function contextOf({ permits = true, viewport = PHONE, ...more } = {}) {
  const context = await browser.newContext({ viewport, locale: "en-GB", ...more });
  if (permits) await context.grantPermissions(["notifications"], { origin: server.url });
  await context.addInitScript(installPush, service.browser);
  return context;
}
async function signedIn(who, more) {
  const context = await contextOf(more);
  const page = await context.newPage();
  await signIn(page, server, who);
  await page.evaluate(() => navigator.serviceWorker.ready);
  return { context, page };
}
// The worker, with windows that it opens written down: only a real tap may open one. And how many
// notifications it has shown, to the end.
async function workerOf(context) {
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
  await worker.evaluate(() => {
    globalThis.opened = [];
    Clients.prototype.openWindow = async (url) => void globalThis.opened.push(url);
    globalThis.shows = 0;
    const show = ServiceWorkerRegistration.prototype.showNotification;
    ServiceWorkerRegistration.prototype.showNotification = async function (...all) {
      await show.apply(this, all);
      globalThis.shows++;
    };
  });
  return worker;
}
// As the browser hands over what has come for the page's origin. Back when it is shown: Chromium drops a notification
// that is about to be shown while it is asked which ones are.
async function delivering(context, page, worker) {
  const cdp = await context.newCDPSession(page);
  const found = new Promise((resolve) =>
    cdp.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const ours = registrations.find((each) => each.scopeURL.startsWith(server.url) && !each.isDeleted);
      if (ours) resolve(ours.registrationId);
    }),
  );
  await cdp.send("ServiceWorker.enable");
  const registrationId = await found;
  const shows = () => worker.evaluate(() => globalThis.shows);
  return async (data) => {
    const before = await shows();
    await cdp.send("ServiceWorker.deliverPushMessage", { origin: server.url, registrationId, data });
    await until(async () => (await shows()) > before, "it to be shown");
  };
}
const shownIn = (worker) =>
  worker.evaluate(async () =>
    (await self.registration.getNotifications()).map(({ title, body, tag, icon, badge, silent, data }) => ({ title, body, tag, icon, badge, silent, data })),
  );
const shown = (worker, count) => until(async () => ((await shownIn(worker)).length === count ? shownIn(worker) : null), `${count} shown`);
// A tap, as far as a script can make one: what is waited for is given back.
const tap = (worker, tag) =>
  worker.evaluate(async (which) => {
    const notification = (await self.registration.getNotifications()).find((each) => each.tag === which);
    const event = new NotificationEvent("notificationclick", { notification });
    let done = null;
    Object.defineProperty(event, "waitUntil", { value: (work) => (done = work) });
    self.dispatchEvent(event);
    await done;
    return globalThis.opened;
  }, tag);
// The next message for somebody, as the server has sent it.
async function pushed(from) {
  const message = await until(() => service.received[from], "a push");
  return { ...message, sent: JSON.parse(message.payload) };
}
async function turnOn(page) {
  await page.goto(`${server.url}/settings?to=notifications`);
  const section = page.getByRole("region", { name: "Notifications" });
  await section.getByRole("button", { name: "Turn on notifications" }).click();
  await section.getByText("Notifications are on: this device").waitFor();
  return section;
}

test("asked calmly after a follow, never at load; not now is remembered", async () => {
  const anna = await account(server, { username: "Anna" });
  const kim = await account(server, { username: "Kim" });
  const { context, page } = await signedIn(kim);
  const questions = () => page.evaluate(() => globalThis.questions);
  await page.goto(`${server.url}/users/${anna.id}`);
  await page.getByRole("button", { name: "Follow Anna", exact: true }).waitFor();
  assert.equal(await page.locator("[data-push-card]").count(), 0);
  await page.getByRole("button", { name: "Follow Anna", exact: true }).click();
  const card = page.locator("[data-push-card]");
  await card.getByText("Be told on this device?").waitFor();
  const problems = [];
  await look(page, "the card", problems);
  assert.deepEqual(problems, []);
  await card.getByRole("button", { name: "Not now" }).click();
  await card.waitFor({ state: "detached" });
  assert.equal(await questions(), 0, "the browser has asked nothing");
  await page.reload();
  await page.getByRole("button", { name: "Follow Anna no longer" }).click();
  await page.getByRole("button", { name: "Follow Anna", exact: true }).click();
  await page.getByRole("button", { name: "Follow Anna no longer" }).waitFor();
  assert.equal(await card.count(), 0);
  await follow(server, anna, kim);
  await page.goto(`${server.url}/notifications`);
  await page.getByText("Anna follows you").waitFor();
  assert.equal(await card.count(), 0, "and nowhere else");
  await context.close();

  // The other one is followed, and says yes in the list.
  const hers = await signedIn(anna);
  await hers.page.goto(`${server.url}/notifications`);
  await hers.page.locator("[data-push-card]").getByRole("button", { name: "Turn on" }).click();
  await hers.page.locator("[data-push-card]").getByText("Notifications are on").waitFor();
  assert.equal(await hers.page.evaluate(() => globalThis.questions), 1);
  await hers.context.close();
});

test("a message of the server is shown, replaced by the next of its kind, opened where it belongs, and read", async () => {
  const anna = await account(server, { username: "Anna" });
  const kim = await account(server, { username: "Kim" });
  const lea = await account(server, { username: "Lea" });
  const ruck = await ruckOf(server, anna, { title: "Over the pass" });
  const { context, page } = await signedIn(anna);
  const from = service.received.length;
  await turnOn(page);
  await api(server, anna, "/api/notifications/read-all", json("POST"));
  const worker = await workerOf(context);
  const deliver = await delivering(context, page, worker);
  await like(kim, ruck);
  const first = await pushed(from);
  assert.equal(first.sent.title, "New like");
  assert.equal(first.sent.body, "Kim liked your ruck");
  assert.equal(first.sent.tag, `ruck_like:${ruck}`);
  assert.deepEqual([first.sent.data.type, first.sent.data.ruck_id, first.sent.data.unread_count], ["ruck_like", String(ruck), "1"]);
  await page.goto(server.url);
  await page.getByRole("heading", { name: /Hello/ }).waitFor();
  await deliver(first.payload);
  const [one] = await shown(worker, 1);
  assert.deepEqual([one.title, one.body, one.tag, one.silent], ["New like", "Kim liked your ruck", `ruck_like:${ruck}`, false]);
  for (const picture of [one.icon, one.badge]) {
    const reply = await fetch(picture);
    assert.deepEqual([reply.status, reply.headers.get("content-type")], [200, "image/png"], picture);
  }
  await like(lea, ruck);
  const second = await pushed(from + 1);
  await deliver(second.payload);
  await until(async () => (await shownIn(worker))[0]?.body === "Lea and 1 other liked your ruck", "the next in its place");
  assert.equal((await shownIn(worker)).length, 1);

  // The page that is open goes there, without being loaded anew.
  let loads = 0;
  page.on("load", () => loads++);
  assert.deepEqual(await tap(worker, `ruck_like:${ruck}`), []);
  await page.getByRole("heading", { name: "Over the pass" }).waitFor();
  assert.equal(new URL(page.url()).pathname, `/rucks/${ruck}`);
  await until(async () => (await unreadOf(anna)) === 0, "it to be read");
  await until(async () => (await page.locator("[data-unread]").getAttribute("data-unread")) === "0", "the bell to know");
  assert.equal(loads, 0);
  await shown(worker, 0);

  // The app is closed: a new window, and what was tapped is read by then.
  const somewhere = await context.newPage();
  const deliverClosed = await delivering(context, somewhere, worker);
  await page.close();
  await api(server, kim, `/api/rucks/${ruck}/comments`, json("POST", { content: "What a line." }));
  const third = await pushed(from + 2);
  await deliverClosed(third.payload);
  await shown(worker, 1);
  assert.deepEqual(await tap(worker, third.sent.tag), [`/rucks/${ruck}?to=comments`]);
  assert.equal(await unreadOf(anna), 1);
  await somewhere.goto(`${server.url}/rucks/${ruck}?to=comments`);
  await somewhere.getByText("What a line.").waitFor();
  await until(async () => (await unreadOf(anna)) === 0, "it to be read");
  await context.close();
});

test("whatever comes, something is shown and leads to the list; a ruck that is looked at makes no noise", async () => {
  const anna = await account(server, { username: "Anna" });
  const kim = await account(server, { username: "Kim" });
  await follow(server, kim, anna);
  const { context, page } = await signedIn(kim);
  const worker = await workerOf(context);
  const deliver = await delivering(context, page, worker);
  const close = () => worker.evaluate(async () => (await self.registration.getNotifications()).forEach((each) => each.close()));
  for (const payload of ["", "no JSON", "[]", "null", '"text"', '{"title":7,"data":[]}', '{"title":"","body":null,"tag":{},"data":"x"}']) {
    await deliver(payload);
    const [one] = await shown(worker, 1);
    assert.deepEqual([one.title, one.body, one.tag, one.data], ["Ruck", "There is something new for you.", "", {}], payload);
    await tap(worker, "");
    await page.getByRole("heading", { name: "Notifications", level: 1 }).waitFor();
    await page.getByRole("link", { name: "Home" }).first().click();
    await page.getByRole("heading", { name: /Hello/ }).waitFor();
    await shown(worker, 0);
  }
  await deliver(JSON.stringify({ title: "T".repeat(5000), data: { type: "ruck_like", ruck_id: "//evil.example", unread_count: "-7" } }));
  assert.equal((await shown(worker, 1))[0].title.length, 1000);
  await tap(worker, "");
  await page.getByRole("heading", { name: "Notifications", level: 1 }).waitFor();

  const out = await outNow(server, anna);
  await out.send(400);
  const started = JSON.stringify({ title: "Ruck started", body: "Anna started a ruck", tag: "started", data: { type: "ruck_started", ruck_id: String(out.id) } });
  await page.goto(server.url);
  await page.getByRole("heading", { name: /Hello/ }).waitFor();
  await deliver(started);
  assert.equal((await shown(worker, 1))[0].silent, false);
  await close();
  await page.goto(`${server.url}/rucks/${out.id}/live`);
  await page.locator("[data-live=live]").waitFor();
  await deliver(started);
  assert.equal((await shown(worker, 1))[0].silent, true);
  await out.finish();
  await context.close();
});

test("on, off, a new key of the server, a subscription that the browser replaced", async () => {
  const anna = await account(server, { username: "Anna" });
  const kim = await account(server, { username: "Kim" });
  const { context, page } = await signedIn(anna);
  const calls = [];
  context.on("response", (response) => {
    if (response.url().includes("/api/push/subscriptions")) calls.push(`${response.request().method()} ${response.status()}`);
  });
  const section = await turnOn(page);
  assert.deepEqual(calls, ["POST 201"]);
  const kept = () => page.evaluate(() => JSON.parse(localStorage.getItem("test-push")));
  const first = await kept();
  const bytes = [...Buffer.from(await keyOfServer(), "base64url")];
  assert.deepEqual(first.key, bytes);

  // The server says its own again at each start: the sign-in may be another one.
  await page.reload();
  await until(() => calls.length === 2, "the subscription to be named again");
  assert.equal((await kept()).endpoint, first.endpoint);

  // Of another key: of no use, so a new one.
  await page.evaluate(() => {
    const old = JSON.parse(localStorage.getItem("test-push"));
    localStorage.setItem("test-push", JSON.stringify({ ...old, key: old.key.map((byte) => byte ^ 1) }));
  });
  await page.reload();
  await until(() => calls.length === 3, "another subscription");
  const renewed = await kept();
  assert.notEqual(renewed.endpoint, first.endpoint);
  assert.deepEqual(renewed.key, bytes);
  await section.getByText("Notifications are on: this device").waitFor();

  // The browser replaces it while the app is away.
  const worker = await workerOf(context);
  await worker.evaluate(installPush, service.browser);
  await worker.evaluate(async () => {
    const event = new Event("pushsubscriptionchange");
    let done = null;
    Object.defineProperty(event, "waitUntil", { value: (work) => (done = work) });
    self.dispatchEvent(event);
    await done;
  });
  const replaced = await worker.evaluate(() => globalThis.testPush);
  assert.deepEqual(replaced.key, bytes);
  const from = service.received.length;
  await follow(server, kim, anna);
  await until(() => service.received.slice(from).some((each) => replaced.endpoint.endsWith(each.path)), "a push to the new one");
  await page.evaluate((value) => localStorage.setItem("test-push", JSON.stringify(value)), replaced);

  await page.reload();
  await section.getByRole("button", { name: "Turn off" }).click();
  await section.getByText("Notifications are off on this device.").waitFor();
  await until(() => calls.at(-1) === "DELETE 200", "the server to hear of it");
  assert.equal(await kept(), null);
  await page.reload();
  await section.getByText("Notifications are off on this device.").waitFor();
  await context.close();
});

test("signing out ends it here and there, and clears the screen", async () => {
  const anna = await account(server, { username: "Anna" });
  const { context, page } = await signedIn(anna, { viewport: DESKTOP });
  await turnOn(page);
  const worker = await workerOf(context);
  const deliver = await delivering(context, page, worker);
  await deliver(JSON.stringify({ title: "New follower", body: "Kim follows you", tag: "follow:me", data: { type: "follow" } }));
  await shown(worker, 1);
  const gone = page.waitForResponse((response) => response.request().method() === "DELETE" && response.url().includes("/api/push/subscriptions"));
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  assert.equal((await gone).status(), 200);
  await page.getByRole("link", { name: "Sign in" }).first().waitFor();
  await shown(worker, 0);
  assert.equal(await page.evaluate(() => JSON.parse(localStorage.getItem("test-push"))), null);
  // What comes all the same shows nothing of theirs.
  await deliver(JSON.stringify({ title: "New follower", body: "Kim follows you", tag: "follow:me", data: { type: "follow" } }));
  const [one] = await shown(worker, 1);
  assert.deepEqual([one.title, one.body], ["Ruck", "There is something new for you."]);
  await context.close();
});

test("what a device cannot do, or may not, is said", async () => {
  const anna = await account(server, { username: "Anna" });
  const section = (page) => page.getByRole("region", { name: "Notifications" });
  // As somebody does in the site's settings.
  const refused = await signedIn(anna, { permits: false });
  const cdp = await refused.context.newCDPSession(refused.page);
  const { browserContextId } = (await cdp.send("Target.getTargetInfo")).targetInfo;
  const whole = await browser.newBrowserCDPSession();
  await whole.send("Browser.setPermission", { permission: { name: "notifications" }, setting: "denied", origin: server.url, browserContextId });
  assert.equal(await refused.page.evaluate(() => Notification.permission), "denied");
  await refused.page.goto(`${server.url}/settings`);
  await section(refused.page).getByText(/This browser blocks notifications from this page/).waitFor();
  assert.equal(await section(refused.page).getByRole("button", { name: /Turn o/ }).count(), 0);
  const problems = [];
  await look(refused.page, "settings, blocked", problems);
  assert.deepEqual(problems, []);
  await refused.context.close();

  const old = await contextOf();
  await old.addInitScript(() => delete globalThis.PushManager);
  const page = await old.newPage();
  await signIn(page, server, anna);
  await page.goto(`${server.url}/settings`);
  await section(page).getByText("This browser cannot show notifications.").waitFor();
  await old.close();

  // The browser's own service cannot be had; the question was closed without an answer.
  const cut = await contextOf();
  await cut.addInitScript(() => {
    PushManager.prototype.subscribe = () => Promise.reject(new DOMException("Registration failed - push service error", "AbortError"));
    let permission = "default";
    Object.defineProperty(Notification, "permission", { get: () => permission });
    Notification.requestPermission = async () => {
      const answer = permission;
      permission = "granted"; // the next time
      return answer;
    };
  });
  const cutPage = await cut.newPage();
  await signIn(cutPage, server, anna);
  await cutPage.goto(`${server.url}/settings`);
  await section(cutPage).getByRole("button", { name: "Turn on notifications" }).click();
  await section(cutPage).getByText(/closed without an answer/).waitFor();
  await section(cutPage).getByRole("button", { name: "Turn on notifications" }).click();
  await section(cutPage).getByText(/could not reach its push service/).waitFor();
  await section(cutPage).getByText("Notifications are off on this device.").waitFor();
  await cut.close();
});
