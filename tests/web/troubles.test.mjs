// What goes wrong on a walk: each gets a calm word, says what still works, and loses nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { browser, server } from "./stage.mjs";
import { PHONE, RuckServer, account, api, finishRuck, lookedAtClocks, madeTrack, movedTo, offlineReady, openPhone, readGpx, settled, signIn, startRuck, stat, stored, sync, until, walk } from "./support.mjs";

const HOUR = 3_600_000;

// A phone that is signed in, and the time it shows.
async function phone() {
  const context = await browser.newContext({ viewport: PHONE });
  const begin = Date.now() - 3 * HOUR;
  const page = await openPhone(context, begin);
  const who = await account(server);
  await signIn(page, server, who);
  return { context, page, who, begin };
}
const trouble = (page, name) => page.locator(`[data-trouble="${name}"]`);

test("location denied at the start, then allowed", async () => {
  const { context, page, begin } = await phone();
  await page.goto(`${server.url}/record`);
  await page.evaluate(() => globalThis.phone.fail(1));
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await trouble(page, "denied").waitFor();
  assert.match(await trouble(page, "denied").innerText(), /Allow it for this site in the browser's settings/);
  await page.evaluate(() => globalThis.phone.allow());
  await page.getByRole("button", { name: "Try again" }).click();
  await walk(page, madeTrack({ count: 50, start: begin + 60_000 }));
  await settled(page);
  await trouble(page, "denied").waitFor({ state: "detached" });
  assert.ok(Number(await stat(page, "distance")) > 0.1);
  await context.close();
});

test("location taken away in mid-ruck: what was recorded stays", async () => {
  const { context, page, begin } = await phone();
  await startRuck(page, server);
  await walk(page, madeTrack({ count: 60, start: begin + 2000 }));
  await settled(page);
  const before = await stat(page, "distance");
  await page.evaluate(() => globalThis.phone.fail(1));
  await trouble(page, "denied").waitFor();
  assert.match(await trouble(page, "denied").innerText(), /What is recorded is safe/);
  assert.equal(await stat(page, "distance"), before);
  await finishRuck(page);
  await context.close();
});

test("no signal: the clock runs on and the way is joined", async () => {
  const { context, page, begin } = await phone();
  await startRuck(page, server);
  const way = madeTrack({ count: 120, start: begin + 2000 });
  await walk(page, way.slice(0, 60));
  await page.evaluate(() => globalThis.phone.fail(2));
  await trouble(page, "no-signal").waitFor();
  await walk(page, movedTo(way.slice(60), way[59].t + 90_000));
  await trouble(page, "no-signal").waitFor({ state: "detached" });
  await context.close();
});

test("inaccurate fixes are kept, and distance waits", async () => {
  const { context, page, begin } = await phone();
  await startRuck(page, server);
  await walk(page, madeTrack({ count: 40, start: begin + 2000 }));
  await settled(page);
  const before = Number(await stat(page, "distance"));
  await walk(page, madeTrack({ count: 10, start: begin + 200_000, lat: 47.302 }).map((fix) => ({ ...fix, acc: 120 })));
  await settled(page);
  assert.match(await trouble(page, "inaccurate").innerText(), /±120 m/);
  assert.ok(Number(await stat(page, "distance")) - before < 0.05, "no jump");
  assert.ok((await stored(page)).filter((fix) => fix.acc === 120).length >= 5, "they are kept");
  await context.close();
});

test("somebody changes the clock: the ruck's time goes on", async () => {
  const { context, page, begin, who } = await phone();
  await startRuck(page, server);
  const way = madeTrack({ count: 120, start: begin + 2000 });
  await walk(page, way.slice(0, 60));
  await settled(page);
  await lookedAtClocks(page);
  // An hour back, as daylight saving done by hand. Then the walk goes on by the new clock.
  await page.evaluate((hour) => globalThis.phone.setTime(Date.now() - hour), HOUR);
  await trouble(page, "clock").waitFor();
  assert.match(await trouble(page, "clock").innerText(), /changed by 1 h/);
  await walk(page, way.slice(60).map((fix) => ({ ...fix, t: fix.t - HOUR })));
  await settled(page);
  const times = (await stored(page)).map((fix) => fix.t);
  assert.deepEqual(times, [...times].sort((a, b) => a - b), "no fix lies in the past of another");
  assert.ok(times.at(-1) - times[0] < 130 * 3000, "and no hour out of nothing");
  await finishRuck(page);
  await until(async () => (await sync(page)) === "saved", "everything to arrive");
  const [ruck] = await api(server, who, "/api/rucks");
  assert.ok(ruck.duration_seconds < 400, `${ruck.duration_seconds} s`);
  await context.close();
});

test("storage full: fixes wait in memory and are written when there is room", async () => {
  const { context, page, begin } = await phone();
  await startRuck(page, server);
  const way = madeTrack({ count: 60, start: begin + 2000 });
  await walk(page, way.slice(0, 20));
  await settled(page);
  await page.evaluate(() => {
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (...values) {
      if (globalThis.isFull && this.name === "fixes") throw new DOMException("full", "QuotaExceededError");
      return put.apply(this, values);
    };
    globalThis.isFull = true;
  });
  await page.route(/\/api\/rucks\//, (route) => route.abort());
  const before = (await stored(page)).length;
  await walk(page, way.slice(20, 40));
  await trouble(page, "storage").waitFor();
  assert.match(await trouble(page, "storage").innerText(), /\d+ positions are only in memory/);
  assert.equal((await stored(page)).length, before);
  await page.evaluate(() => (globalThis.isFull = false));
  await walk(page, way.slice(40));
  await settled(page);
  await trouble(page, "storage").waitFor({ state: "detached" });
  assert.ok((await stored(page)).length >= before + 30, "all of them are written now");
  await context.close();
});

test("storage full to the end: a ruck is not finished before every fix is safe somewhere", async () => {
  const { context, page, who, begin } = await phone();
  await startRuck(page, server);
  const way = madeTrack({ count: 60, start: begin + 2000 });
  await page.evaluate(() => {
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (...values) {
      if (this.name === "fixes") throw new DOMException("full", "QuotaExceededError");
      return put.apply(this, values);
    };
  });
  await page.route(/\/api\/rucks\//, (route) => route.abort());
  await walk(page, way);
  await settled(page);
  assert.notEqual(await sync(page), "saved", "what only memory holds is not saved");
  await page.getByRole("button", { name: "Finish" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Finish" }).click();
  await trouble(page, "no-room").waitFor();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  const shown = await stat(page, "distance");
  await page.unroute(/\/api\/rucks\//);
  await finishRuck(page);
  assert.equal(await stat(page, "distance"), shown);
  await until(async () => (await sync(page)) === "saved", "everything to arrive");
  const [ruck] = await api(server, who, "/api/rucks");
  assert.equal(Number(ruck.distance_km).toFixed(2), shown, "the server has what was shown");
  await context.close();
});

test("the sign-in ends while offline: recording goes on, and all is sent after signing in", async () => {
  const { context, page: first, who, begin } = await phone();
  await startRuck(first, server);
  const way = madeTrack({ count: 120, start: begin + 2000 });
  await walk(first, way.slice(0, 60));
  await settled(first);
  await first.close();
  await context.clearCookies();
  const page = await openPhone(context, way[59].t + 5000);
  await page.goto(`${server.url}/record`);
  await page.getByText("Your sign-in has ended.").waitFor();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await walk(page, movedTo(way.slice(60), way[59].t + 8000));
  await settled(page);
  assert.equal(await sync(page), "signed-out");
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await page.getByLabel("Password").fill(who.password);
  await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor(); // back where they were
  await finishRuck(page);
  await until(async () => (await sync(page)) === "saved", "everything to arrive");
  const [ruck] = await api(server, who, "/api/rucks");
  assert.ok(ruck.distance_km > 0.3);
  await context.close();
});

test("the server cannot be reached: pages say what they show, and nothing is claimed", async () => {
  const { context, page, begin } = await phone();
  const other = await RuckServer.start();
  const who = await account(other);
  await signIn(page, other, who);
  await offlineReady(page);
  await other.down();
  await startRuckOffline(page);
  await walk(page, madeTrack({ count: 40, start: begin + 2000 }));
  await settled(page);
  await page.locator("[data-sync]").click();
  await until(async () => (await sync(page)) === "offline", "the badge to say offline");
  const waiting = Number(await page.locator("[data-sync]").getAttribute("data-waiting"));
  assert.equal(waiting, (await stored(page)).length, "the number is that of the store");
  await finishRuck(page);
  await page.getByText("Your ruck is on this device and will be sent").waitFor();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByText("on this device, not yet on the server").waitFor();
  await page.getByText(/No connection/).first().waitFor();
  await other.up();
  await page.getByRole("main").getByRole("button", { name: "Send" }).click();
  await until(async () => (await sync(page)) === "saved", "everything to arrive");
  await other.stop();
  await context.close();
});
async function startRuckOffline(page) {
  await page.getByRole("link", { name: "Start a ruck" }).click();
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
}

test("a ruck that the server refuses can be saved as a file, and is only removed when asked", async () => {
  const { context, page, begin } = await phone();
  await page.route(/\/api\/rucks\/offline_/, (route) => route.fulfill({ status: 400, contentType: "application/json", body: '{"error":"invalid_input","message":"This is not taken"}' }));
  await startRuck(page, server);
  await walk(page, madeTrack({ count: 40, start: begin + 2000 }));
  await settled(page);
  await finishRuck(page);
  await page.getByRole("button", { name: "Done" }).click();
  const card = page.locator("[data-local]");
  await card.getByText("This is not taken").waitFor();
  assert.equal(await sync(page), "refused");
  const [file] = await Promise.all([page.waitForEvent("download"), card.getByRole("button", { name: "Save as GPX" }).click()]);
  const kept = readGpx(await file.path());
  assert.deepEqual(kept.map(({ t, lat, lng }) => ({ t, lat, lng })), (await stored(page)).map(({ t, lat, lng }) => ({ t, lat, lng })));
  await card.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await card.waitFor({ state: "detached" });
  await until(async () => (await sync(page)) === "saved", "nothing to be left");
  assert.equal((await stored(page)).length, 0);
  await context.close();
});

test("a server that is older than the app: the ruck stays, and arrives once the server is renewed", async () => {
  const { context, page, who, begin } = await phone();
  await page.route(/\/complete$/, (route) => route.fulfill({ status: 404, contentType: "application/json", body: '{"error":"not_found","message":"No such page"}' }));
  await startRuck(page, server);
  await walk(page, madeTrack({ count: 40, start: begin + 2000 }));
  await settled(page);
  await finishRuck(page);
  await page.getByRole("button", { name: "Done" }).click();
  const card = page.locator("[data-local]");
  await card.getByText(/The server is older than this app/).waitFor();
  assert.equal(await sync(page), "refused");
  await page.unroute(/\/complete$/);
  await card.getByRole("button", { name: "Send" }).click();
  await until(async () => (await sync(page)) === "saved", "everything to arrive");
  assert.equal((await api(server, who, "/api/rucks"))[0].status, "completed");
  await context.close();
});

test("without https there is no GPS, and the page says so", async () => {
  const { context, page } = await phone();
  await page.addInitScript(() => Object.defineProperty(globalThis, "isSecureContext", { value: false }));
  await page.goto(`${server.url}/record`);
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await trouble(page, "insecure").waitFor();
  assert.equal(await page.getByRole("button", { name: "Pause" }).count(), 0);
  await context.close();
});
