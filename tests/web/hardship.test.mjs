// What a phone goes through on a long walk, at its worst: nothing that was shown is lost, and nothing
// is called saved that is not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { browser, server } from "./stage.mjs";
import { PHONE, account, api, finishRuck, lookedAtClocks, madeTrack, openPhone, setHidden, settled, signIn, sleep, startRuck, stat, stored, sync, until, walk } from "./support.mjs";

const HOUR = 3_600_000;

async function phone(begin = Date.now() - 3 * HOUR) {
  const context = await browser.newContext({ viewport: PHONE });
  const page = await openPhone(context, begin);
  const who = await account(server);
  await signIn(page, server, who);
  return { context, page, who, begin };
}
const rucksOf = (who) => api(server, who, "/api/rucks");
const pointsOf = async (who) => {
  const [{ id }] = await rucksOf(who);
  return (await api(server, who, `/api/rucks/${id}`)).location_points;
};
const saved = (page) => until(async () => (await sync(page)) === "saved", "everything to arrive");

test("without an engine there are no figures, and every position is kept and sent", async () => {
  const context = await browser.newContext({ viewport: PHONE, serviceWorkers: "block" });
  await context.route(/engine.*\.wasm/, (route) => route.fulfill({ status: 404, body: "" }));
  const begin = Date.now() - 3 * HOUR;
  const page = await openPhone(context, begin);
  const who = await account(server);
  await signIn(page, server, who);
  await startRuck(page, server);
  await walk(page, madeTrack({ count: 60, start: begin + 2000 }));
  await settled(page);
  const kept = (await stored(page)).length;
  assert.ok(kept > 40, `${kept} kept`);
  await page.locator('[data-trouble="engine"]').waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Go on" }).click();
  await finishRuck(page);
  await saved(page);
  assert.equal((await pointsOf(who)).length, kept);
  await context.close();
});

test("the browser throws the store away in mid-ruck: what comes after is kept, and nothing is called saved", async () => {
  const { context, page, who, begin } = await phone();
  await startRuck(page, server);
  const way = madeTrack({ count: 120, start: begin + 2000 });
  await walk(page, way.slice(0, 60));
  await settled(page);
  await page.locator("[data-sync]").click();
  await saved(page);
  await page.evaluate(
    () =>
      new Promise((resolve) => {
        const open = indexedDB.open("ruck", 1);
        open.onsuccess = () => {
          const names = ["rucks", "fixes", "events"];
          const tx = open.result.transaction(names, "readwrite");
          for (const name of names) tx.objectStore(name).clear();
          tx.oncomplete = () => resolve(open.result.close());
        };
      }),
  );
  await page.route(/\/api\/rucks\//, (route) => route.abort());
  await walk(page, way.slice(60));
  await settled(page);
  await finishRuck(page);
  assert.notEqual(await sync(page), "saved");
  await page.getByText("Your ruck is on this device").waitFor();
  await page.unroute(/\/api\/rucks\//);
  await page.locator("[data-sync]").click();
  await saved(page);
  const [ruck] = await rucksOf(who);
  assert.equal(ruck.status, "completed");
  assert.ok((await pointsOf(who)).length > 100);
  await context.close();
});

test("a phone whose clock is hours ahead keeps what the server does not take yet", async () => {
  const { context, page, who, begin } = await phone(Date.now() + 3 * HOUR);
  await startRuck(page, server);
  await walk(page, madeTrack({ count: 60, start: begin + 2000 }));
  await settled(page);
  await finishRuck(page);
  await until(async () => (await sync(page)) === "clock", "the badge to say why");
  assert.ok((await stored(page)).length > 40, "they are on the phone");
  assert.equal((await rucksOf(who))[0]?.status, "in_progress");
  await context.close();
});

test("the clock is set back in mid-ruck: fixes go on being kept", async () => {
  const { context, page, begin } = await phone();
  await startRuck(page, server);
  const way = madeTrack({ count: 120, start: begin + 2000 });
  await walk(page, way.slice(0, 60));
  await settled(page);
  await lookedAtClocks(page);
  const before = (await stored(page)).length;
  await page.evaluate((hour) => globalThis.phone.setTime(Date.now() - hour), HOUR);
  await page.locator('[data-trouble="clock"]').waitFor();
  await walk(page, way.slice(60).map((fix) => ({ ...fix, t: fix.t - HOUR })));
  await settled(page);
  assert.ok((await stored(page)).length >= before + 40, "each of them, as before");
  await context.close();
});

test("a pause is not called saved before the server has it", async () => {
  const { context, page, begin } = await phone();
  await startRuck(page, server);
  await walk(page, madeTrack({ count: 30, start: begin + 2000 }));
  await settled(page);
  await page.locator("[data-sync]").click();
  await saved(page);
  await page.route(/\/pause$/, (route) => route.abort());
  await page.getByRole("button", { name: "Pause" }).click();
  await until(async () => (await sync(page)) === "offline", "the badge to say offline");
  await page.unroute(/\/pause$/);
  await page.locator("[data-sync]").click();
  await saved(page);
  await context.close();
});

test("a store that is full takes no pause either: it is counted all the same", async () => {
  const { context, page, who, begin } = await phone();
  await startRuck(page, server);
  const way = madeTrack({ count: 60, start: begin + 2000 });
  await walk(page, way.slice(0, 30));
  await settled(page);
  await page.evaluate(() => {
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (...values) {
      if (this.name === "events") throw new DOMException("full", "QuotaExceededError");
      return put.apply(this, values);
    };
  });
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Go on" }).waitFor();
  await page.evaluate(() => globalThis.phone.wait(600_000));
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await walk(page, way.slice(30).map((fix) => ({ ...fix, t: fix.t + 600_000 })));
  await settled(page);
  await finishRuck(page);
  await saved(page);
  const [ruck] = await rucksOf(who);
  assert.ok(Math.abs(ruck.paused_duration_seconds - 600) < 30, `${ruck.paused_duration_seconds} s paused`);
  await context.close();
});

test("a private ruck that the server lost, or another device deleted, is private when it is made again", async () => {
  const { context, page, who, begin } = await phone();
  await page.goto(`${server.url}/record`);
  await page.getByLabel(/who may see/i).selectOption("private");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  const way = madeTrack({ count: 120, start: begin + 2000 });
  await walk(page, way.slice(0, 60));
  await settled(page);
  await page.locator("[data-sync]").click();
  await saved(page);
  const [{ id }] = await rucksOf(who);
  await api(server, who, `/api/rucks/${id}`, { method: "DELETE" });
  await walk(page, way.slice(60));
  await settled(page);
  await page.locator("[data-sync]").click();
  await saved(page);
  assert.equal((await rucksOf(who))[0].visibility, "private");
  await finishRuck(page);
  await saved(page);
  const [ruck] = await rucksOf(who);
  assert.equal(ruck.visibility, "private");
  assert.equal(ruck.ruck_weight_kg, 10);
  assert.ok((await pointsOf(who)).length > 100, "from its beginning");
  await context.close();
});

test("a discarded ruck is gone although the answer to its start was lost", async () => {
  const { context, page, who } = await phone();
  await page.route(/\/start$/, async (route) => {
    await route.fetch();
    await route.abort();
  });
  await startRuck(page, server);
  await until(async () => (await rucksOf(who)).length === 1, "the start to arrive");
  await page.getByRole("button", { name: "Finish" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Discard" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Discard" }).last().click();
  await until(async () => (await rucksOf(who)).length === 0, "the ruck to be gone");
  await context.close();
});

test("a ruck that the server fails at does not hold up the next one", async () => {
  const { context, page, who, begin } = await phone();
  let asked = 0;
  const bad = `offline_${begin}`;
  await page.route(/\/api\/rucks\/offline_/, (route) => {
    if (!route.request().url().includes(bad)) return route.continue();
    asked += 1;
    return route.fulfill({ status: 500, contentType: "application/json", body: '{"error":"internal","message":"x"}' });
  });
  await startRuck(page, server);
  await walk(page, madeTrack({ count: 40, start: begin + 2000 }));
  await settled(page);
  await finishRuck(page);
  await page.getByRole("button", { name: "Done" }).click();
  await startRuck2(page);
  const now = await page.evaluate(() => Date.now());
  await walk(page, madeTrack({ count: 40, start: now + 2000, lat: 47.4 }));
  await settled(page);
  await finishRuck(page);
  await until(async () => (await rucksOf(who)).some((ruck) => ruck.status === "completed"), "the second to arrive");
  const before = asked;
  await sleep(3500);
  assert.ok(asked - before <= 2, `asked ${asked - before} times in 3.5 s`);
  await context.close();
});
async function startRuck2(page) {
  await page.getByRole("link", { name: "Start a ruck" }).click();
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
}

test("a ruck left for hours is not recorded unasked, and can be ended where it stopped", async () => {
  const { context, page, who, begin } = await phone();
  await startRuck(page, server);
  const way = madeTrack({ count: 60, start: begin + 2000 });
  await walk(page, way);
  await settled(page);
  const shown = await stat(page, "distance");
  await page.close();
  const later = await openPhone(context, begin + 2 * HOUR);
  await later.goto(server.url);
  await later.locator("[data-left]").waitFor();
  assert.equal(await later.evaluate(() => globalThis.phone.listeners), 0);
  await later.getByRole("button", { name: /^End it at/ }).click();
  await later.getByRole("heading", { name: "Well done" }).waitFor();
  await until(async () => (await stat(later, "distance")) === shown, "the figures");
  await saved(later);
  const [ruck] = await rucksOf(who);
  assert.ok(ruck.duration_seconds < 400, `${ruck.duration_seconds} s`);
  await context.close();
});

test("reception so poor that a full batch takes too long: smaller ones pass", async () => {
  const context = await browser.newContext({ viewport: PHONE, serviceWorkers: "block" });
  const PASS = 100; // points
  const sent = [];
  await context.route(/\/location$/, (route) => {
    const { length } = route.request().postDataJSON().points;
    sent.push(length);
    if (length <= PASS) return route.continue();
  });
  const begin = Date.now() - 3 * HOUR;
  const page = await openPhone(context, begin);
  const who = await account(server);
  await signIn(page, server, who);
  await startRuck(page, server);
  await context.setOffline(true);
  await walk(page, madeTrack({ count: 900, stepS: 6, start: begin + 2000 }));
  const kept = 900;
  await until(async () => (await stored(page)).length === kept, "all of them to be in the phone's store");
  await finishRuck(page);
  await page.locator("svg path.way").waitFor(); // the way is drawn, though the map is not on the phone
  // From here on: what a request may take, a hundred times shorter.
  await page.evaluate(() => {
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    AbortSignal.timeout = (ms) => timeout(ms / 100);
  });
  await context.setOffline(false);
  const tryAgain = () => page.evaluate(() => globalThis.phone.wait(300_000)); // the longest wait between tries
  await until(async () => (await tryAgain(), await sync(page)) === "saved", "everything to arrive");
  assert.equal((await pointsOf(who)).length, kept);
  // On a slow machine tries while there was no network may have made them smaller already.
  assert.ok(sent.some((n) => n > PASS), `${sent}: what good reception gets was tried`);
  assert.ok(sent.some((n) => n > 20 && n <= PASS), String(sent));
  await context.close();
});

test("the device sleeps in its owner's pocket: a gap is said, and times go on as they are", async () => {
  const { context, page, who, begin } = await phone();
  await startRuck(page, server);
  await walk(page, madeTrack({ count: 40, start: begin + 2000 }));
  await settled(page);
  await setHidden(page, true);
  await page.evaluate(() => globalThis.phone.sleep(1_200_000));
  await lookedAtClocks(page); // on waking
  await setHidden(page, false);
  await page.locator('[data-gap="hidden"]').waitFor();
  assert.equal(await page.locator('[data-trouble="clock"]').count(), 0);
  const onward = madeTrack({ count: 20, start: begin + 1_330_000, lat: 47.302 });
  await walk(page, onward);
  await settled(page);
  assert.ok((await stored(page)).some(({ t }) => t === onward.at(-1).t), "the last fix has its own time");
  await finishRuck(page);
  await saved(page);
  assert.ok((await pointsOf(who)).some((point) => Date.parse(point.timestamp) === onward.at(-1).t));
  await context.close();
});

test("a page that could not note that it lived: the last fix is a sign of life, too", async () => {
  const { context, page, begin } = await phone();
  await startRuck(page, server);
  const way = madeTrack({ count: 60, start: begin + 2000 });
  await walk(page, way);
  await settled(page);
  await page.close();
  const other = await context.newPage();
  await other.goto(`${server.url}/livez`);
  await other.evaluate(
    (hours) =>
      new Promise((resolve) => {
        const open = indexedDB.open("ruck", 1);
        open.onsuccess = () => {
          const store = open.result.transaction("rucks", "readwrite").objectStore("rucks");
          const all = store.getAll();
          all.onsuccess = () => store.put({ ...all.result[0], lastSeen: all.result[0].lastSeen - hours });
          store.transaction.oncomplete = () => (open.result.close(), resolve());
        };
      }),
    2 * HOUR,
  );
  await other.close();
  const again = await openPhone(context, way.at(-1).t + 60_000);
  await again.goto(`${server.url}/record`);
  await again.getByRole("button", { name: "Pause" }).waitFor();
  assert.equal(await again.locator("[data-left]").count(), 0);
  await context.close();
});
