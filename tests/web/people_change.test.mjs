// One device, two people: nothing of the one goes out, or is shown, under the name of the other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { browser, server } from "./stage.mjs";
import { PHONE, account, api, finishRuck, madeTrack, offlineReady, openPhone, settled, signIn, sleep, startRuck, stored, sync, until, walk } from "./support.mjs";

const HOUR = 3_600_000;

async function phone(name = "Anna") {
  const context = await browser.newContext({ viewport: PHONE });
  const begin = Date.now() - 3 * HOUR;
  const page = await openPhone(context, begin);
  const who = await account(server, { username: name });
  await signIn(page, server, who);
  return { context, page, who, begin };
}
async function signOut(page) {
  await page.goto(`${server.url}/settings`);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  const sure = page.getByRole("dialog").getByRole("button", { name: "Sign out", exact: true });
  const welcome = page.getByRole("link", { name: "Create an account" });
  await sure.or(welcome).first().waitFor();
  if (await sure.isVisible()) await sure.click();
  await welcome.waitFor();
}
const rucksOf = (who) => api(server, who, "/api/rucks");
const localRucks = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        const open = indexedDB.open("ruck", 1);
        open.onsuccess = () => {
          const all = open.result.transaction("rucks").objectStore("rucks").getAll();
          all.onsuccess = () => {
            open.result.close();
            resolve(all.result);
          };
        };
      }),
  );

test("a ruck that waits in one tab does not go to whoever signs in in another", async () => {
  const { context, page: recording, who: anna, begin } = await phone();
  const other = await context.newPage();
  await other.goto(server.url);
  await startRuck(recording, server);
  await until(async () => (await rucksOf(anna)).length === 1, "the start to arrive");
  // No network for this tab: what it records waits.
  await recording.route(/\/api\/rucks\//, (route) => route.abort());
  await walk(recording, madeTrack({ count: 120, start: begin + 2000 }));
  await settled(recording);
  assert.ok((await stored(recording)).length > 50);

  const ben = await account(server, { username: "Ben" });
  await signOut(other);
  await signIn(other, server, ben);
  await recording.unroute(/\/api\/rucks\//);
  await recording.bringToFront();
  // The tab noticed: it is Ben's now, and listens to no receiver.
  await recording.getByRole("button", { name: "Start", exact: true }).waitFor();
  await recording.evaluate(() => dispatchEvent(new Event("online")));
  await sleep(1500);
  assert.equal(await recording.evaluate(() => globalThis.phone.listeners), 0);
  assert.deepEqual(await rucksOf(ben), [], "Ben has no ruck");
  const kept = (await localRucks(recording)).filter((ruck) => ruck.user === anna.id);
  assert.equal(kept.length, 1, "Anna's is on the device still");

  await signOut(recording);
  await signIn(recording, server, anna);
  await recording.getByRole("link", { name: /Ruck under way/ }).click();
  await finishRuck(recording);
  await until(async () => (await sync(recording)) === "saved", "everything to arrive");
  const [ruck] = await rucksOf(anna);
  assert.ok(ruck.distance_km > 0.3, "all of it is Anna's");
  await context.close();
});

test("the cookie is another person's before this tab has heard of it: nothing is sent with it", async () => {
  const { context, page, who: anna, begin } = await phone();
  await startRuck(page, server);
  await page.route(/\/api\//, (route) => route.abort());
  await walk(page, madeTrack({ count: 60, start: begin + 2000 }));
  await settled(page);
  const ben = await account(server, { username: "Ben" });
  // Anna's token and cookie are gone; a plain request of this browser has brought Ben's.
  await context.clearCookies();
  await context.request.post(`${server.url}/api/auth/login`, { data: { email: ben.email, password: ben.password, refresh_in: "cookie" }, headers: { Origin: server.url } });
  for (const { id } of (await api(server, anna, "/api/auth/sessions")).data) {
    await api(server, anna, `/api/auth/sessions/${id}`, { method: "DELETE" }).catch(() => {});
  }
  // Of what is recorded now nothing can have gone out as Anna's: the service worker, which no route
  // stops, may have sent the rest while she was signed in.
  await walk(page, madeTrack({ count: 30, start: begin + 400_000 }));
  await settled(page);
  await page.unroute(/\/api\//);
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await until(async () => (await sync(page)) === "signed-out", "the badge to ask for a sign-in");
  assert.deepEqual(await rucksOf(ben), []);
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await context.close();
});

test("signing out in mid-ruck ends the recording and keeps it for its own person", async () => {
  const { context, page, who: anna, begin } = await phone();
  await startRuck(page, server);
  await walk(page, madeTrack({ count: 60, start: begin + 2000 }));
  await settled(page);
  const before = (await stored(page)).length;
  await page.getByRole("link", { name: "You", exact: true }).click();
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByRole("link", { name: "Create an account" }).waitFor();
  assert.equal(await page.evaluate(() => globalThis.phone.listeners), 0, "no receiver is on");
  await walk(page, madeTrack({ count: 20, start: begin + 400_000 }));
  await settled(page);
  assert.equal((await stored(page)).length, before);

  const ben = await account(server, { username: "Ben" });
  await signIn(page, server, ben);
  await page.getByRole("link", { name: "Record" }).click();
  await page.getByRole("button", { name: "Start", exact: true }).waitFor();
  assert.equal(await page.locator('[data-stat="distance"]').count(), 0, "Anna's figures are not shown to Ben");
  assert.deepEqual(await rucksOf(ben), []);
  await context.close();
});

test("signing out without a network is done here at once, and on the server when there is one", async () => {
  const { context, page, who } = await phone();
  await offlineReady(page);
  await page.goto(`${server.url}/settings`);
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  await server.down();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.locator("[data-leaving]").waitFor();
  // The other cookie is the device's mark, which outlives a sign-in.
  const signIns = async () => (await context.cookies()).filter((each) => each.name !== "ruck_device");
  const [cookie] = await signIns();
  assert.ok(cookie, "the cookie is still there: only the server can take it");
  await server.up();
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await until(async () => (await signIns()).length === 0, "the sign-in to end");
  await page.locator("[data-leaving]").waitFor({ state: "detached" });
  const again = await fetch(`${server.url}/api/auth/refresh`, { method: "POST", headers: { Origin: server.url, Cookie: `${cookie.name}=${cookie.value}` } });
  assert.equal(again.status, 401, "and it is good for nothing");
  assert.ok(who.id);
  await context.close();
});

test("a deleted account takes its own data off the device, and not another person's ruck", async () => {
  const { context, page, who: anna, begin } = await phone();
  await offlineReady(page);
  await startRuck(page, server);
  await server.down();
  await walk(page, madeTrack({ count: 60, start: begin + 2000 }));
  await settled(page);
  await finishRuck(page);
  await signOut(page);
  await server.up();
  const ben = await account(server, { username: "Ben" });
  await signIn(page, server, ben);
  await page.evaluate(async () => (await caches.open("ruck-tiles")).put("/a-tile", new Response("x")));
  await page.goto(`${server.url}/settings`);
  await page.getByRole("button", { name: "Delete account" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete account" }).click();
  await page.getByRole("link", { name: "Create an account" }).waitFor();
  assert.equal(await page.evaluate(() => caches.has("ruck-tiles")), false, "where Ben looked is gone");
  const kept = await localRucks(page);
  assert.deepEqual(kept.map((ruck) => ruck.user), [anna.id]);
  await signIn(page, server, anna);
  await until(async () => (await localRucks(page)).length === 0, "Anna's ruck to arrive");
  const [ruck] = await rucksOf(anna);
  assert.ok(ruck.distance_km > 0.1);
  await context.close();
});

test("who may see it, chosen while the last batches are on their way, counts", async () => {
  const { context, page, who, begin } = await phone();
  await startRuck(page, server);
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route(/\/location$/, async (route) => {
    await held;
    await route.continue();
  });
  await walk(page, madeTrack({ count: 60, start: begin + 2000 }));
  await settled(page);
  await finishRuck(page);
  await page.getByLabel("Name of the ruck").fill("Not for everybody");
  await page.getByRole("button", { name: "7", exact: true }).click();
  await page.getByLabel(/who may see/i).selectOption("private");
  release();
  await until(async () => (await sync(page)) === "saved", "everything to arrive");
  // The words too, although the end has been sent by now.
  await page.getByRole("button", { name: "Done" }).click();
  await until(async () => (await rucksOf(who))[0]?.title === "Not for everybody", "the name to arrive");
  const [ruck] = await rucksOf(who);
  assert.equal(ruck.visibility, "private");
  assert.equal(ruck.perceived_exertion, 7);
  await until(async () => (await localRucks(page)).length === 0, "nothing to be left");
  await context.close();
});
