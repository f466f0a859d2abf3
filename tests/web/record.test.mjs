// Recording: what was walked is what the server has, whatever happens on the way.
import assert from "node:assert/strict";
import { cpSync, renameSync, rmSync } from "node:fs";
import { test } from "node:test";
import { browser, server } from "./stage.mjs";
import { PHONE, RuckServer, account, api, finishRuck, madeTrack, movedTo, openPhone, realTrack, setHidden, settled, signIn, sleep, startRuck, stat, stored, sync, until, walk } from "./support.mjs";

const HOUR = 3_600_000;

async function recordThroughEverything(track) {
  const context = await browser.newContext({ viewport: PHONE });
  const who = await account(server);
  const begin = Date.now() - 5 * HOUR;
  const way = movedTo(track, begin + 2000);
  const third = Math.floor(way.length / 3);
  const first = await openPhone(context, begin);
  await signIn(first, server, who);
  await startRuck(first, server);
  await walk(first, way.slice(0, third));
  await settled(first);

  await server.down();
  await walk(first, way.slice(third, 2 * third));
  await settled(first);
  await first.locator("[data-sync]").click();
  await until(async () => (await sync(first)) === "offline", "the page to know that it is offline");
  const kept = await stored(first);
  const shownBefore = await stat(first, "distance");
  assert.ok(kept.length > 20, `${kept.length} fixes are kept`);

  // The tab is killed, and opened again ten minutes later, still without a server.
  await first.close({ runBeforeUnload: false });
  const gapEnd = way[2 * third - 1].t + 600_000;
  const rest = movedTo(way.slice(2 * third), gapEnd + 2000);
  const second = await openPhone(context, gapEnd);
  await server.up();
  await second.goto(`${server.url}/record`);
  await second.getByRole("button", { name: "Pause" }).waitFor();
  await server.down();
  await second.locator('[data-gap="closed"]').waitFor();
  assert.equal(await stat(second, "distance"), shownBefore, "nothing is lost");
  await walk(second, rest.slice(0, Math.floor(rest.length / 2)));
  await settled(second);
  await second.getByRole("button", { name: "Pause" }).click();
  await second.evaluate(() => globalThis.phone.wait(120_000));
  await second.getByRole("button", { name: "Go on" }).click();
  await second.getByRole("button", { name: "More load" }).click();
  const afterPause = movedTo(rest.slice(Math.floor(rest.length / 2)), (await second.evaluate(() => Date.now())) + 3600); // not a whole second
  await walk(second, afterPause);
  await settled(second);
  const all = await stored(second);
  await finishRuck(second);
  const shown = {};
  const read = async (into) => {
    for (const name of ["distance", "time", "average", "climb", "energy", "load"]) into[name] = await stat(second, name);
    into.splits = await second.locator("tbody tr").allInnerTexts();
  };
  await read(shown);
  assert.ok(shown.splits.length > 2, `${shown.splits.length} splits`);

  await server.up();
  await second.locator("[data-sync]").click();
  await until(async () => (await sync(second)) === "saved", "everything to arrive", 30_000);
  const { token } = await (await fetch(`${server.url}/api/auth/login`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(who) })).json();
  const rucks = await api(server, { token }, "/api/rucks");
  assert.equal(rucks.length, 1, "one ruck, once");
  const ruck = await api(server, { token }, `/api/rucks/${rucks[0].id}`);
  assert.equal(ruck.status, "completed");
  assert.equal(ruck.location_points.length, all.length, "every fix that was kept");
  const fed = new Map([...way.slice(0, 2 * third), ...rest.slice(0, Math.floor(rest.length / 2)), ...afterPause].map((fix) => [fix.t, fix]));
  for (const point of ruck.location_points) {
    const fix = fed.get(Date.parse(point.timestamp));
    assert.ok(fix, `${point.timestamp} was fed`);
    assert.ok(Math.abs(fix.lat - point.latitude) < 6e-8 && Math.abs(fix.lng - point.longitude) < 6e-8);
  }
  assert.equal((ruck.distance_km).toFixed(2), shown.distance);
  const clock = (s) => [Math.floor(s / 3600), Math.floor((s % 3600) / 60), s % 60].map((n, i) => (i === 0 ? `${n}` : `${n}`.padStart(2, "0"))).join(":").replace(/^0:0?/, "");
  assert.equal(shown.time, clock(ruck.duration_seconds));
  assert.equal(String(Math.round(ruck.elevation_gain_m)), shown.climb);
  assert.equal(String(ruck.calories_burned), shown.energy.replace(",", ""));
  // And all of it, as the server tells it.
  await second.goto(`${server.url}/rucks/${ruck.id}`);
  await second.locator("tbody tr").first().waitFor();
  const later = {};
  await read(later);
  assert.deepEqual(later, shown);
  await until(async () => (await stored(second)).length === 0, "the phone to keep nothing that the server has");
  await context.close();
}

test("offline in the middle, the tab killed once: it arrives whole and once", () => recordThroughEverything(madeTrack({ count: 900 })));

for (const name of ["hike-opentracks-geoid.gpx", "run-1hz-heart-rate.gpx"]) {
  const track = realTrack(name);
  test(`the same along a real track: ${name}`, { skip: track ? false : "the shared tracks are not here" }, () => recordThroughEverything(track.slice(0, 1500)));
}

test("batches: a slow network is not asked more often than twice a minute", async () => {
  const context = await browser.newContext({ viewport: PHONE });
  const begin = Date.now() - HOUR;
  const page = await openPhone(context, begin);
  await signIn(page, server, await account(server));
  await startRuck(page, server);
  await page.route("**/location", async (route) => {
    await sleep(200); // ten fixes of this walk
    await route.continue();
  });
  let requests = 0;
  page.on("request", (request) => (requests += request.url().endsWith("/location") ? 1 : 0));
  const way = madeTrack({ count: 200, start: begin + 1000 });
  for (let i = 0; i < way.length; i += 2) {
    await walk(page, way.slice(i, i + 2));
    await sleep(25);
  }
  const minutes = (way.at(-1).t - way[0].t) / 60_000;
  assert.ok(requests >= 3 && requests <= 2 * minutes + 2, `${requests} requests in ${minutes} min`);
  await context.close();
});

test("a second tab cannot record, and can when the first is gone", async () => {
  const context = await browser.newContext({ viewport: PHONE });
  const first = await openPhone(context, Date.now() - HOUR);
  await signIn(first, server, await account(server));
  await startRuck(first, server);
  const second = await openPhone(context, Date.now() - HOUR);
  await second.goto(`${server.url}/record`);
  await second.getByText("Another tab is recording.").waitFor();
  assert.equal(await second.getByRole("button", { name: "Pause" }).count(), 0);
  await first.close();
  await second.getByRole("button", { name: "Look again" }).click();
  await second.getByRole("button", { name: "Pause" }).waitFor();
  await context.close();
});

test("a discarded ruck is gone, here and on the server", async () => {
  const context = await browser.newContext({ viewport: PHONE });
  const who = await account(server);
  const begin = Date.now() - HOUR;
  const page = await openPhone(context, begin);
  await signIn(page, server, who);
  await startRuck(page, server);
  await walk(page, madeTrack({ count: 60, start: begin + 1000 }));
  await page.locator("[data-sync]").click();
  await until(async () => (await api(server, who, "/api/rucks")).length === 1, "the ruck to be on the server");
  await page.getByRole("button", { name: "Finish" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Discard" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Discard" }).click();
  await page.getByRole("button", { name: "Start", exact: true }).waitFor();
  await until(async () => (await api(server, who, "/api/rucks")).length === 0, "the ruck to be gone");
  // The phone clears its own after the server's reply.
  await until(async () => (await stored(page)).length === 0, "the phone to keep nothing of it");
  await context.close();
});

test("the screen went dark: what was missed is said", async () => {
  const context = await browser.newContext({ viewport: PHONE });
  const begin = Date.now() - HOUR;
  const page = await openPhone(context, begin);
  await signIn(page, server, await account(server));
  await startRuck(page, server);
  await walk(page, madeTrack({ count: 40, start: begin + 1000 }));
  await settled(page);
  await setHidden(page, true);
  await page.evaluate(() => globalThis.phone.wait(300_000));
  await setHidden(page, false);
  const notice = page.locator('[data-gap="hidden"]');
  await notice.waitFor();
  assert.match(await notice.innerText(), /Nothing was recorded from .* \(5 min\)/);
  await walk(page, madeTrack({ count: 10, start: begin + 500_000, lat: 47.301 }));
  await settled(page);
  assert.ok((await page.evaluate(() => globalThis.phone.listeners)) > 0, "the receiver is listened to again");
  await context.close();
});

// What is stored, once no more comes.
async function settledCount(page) {
  let fixes = [];
  await until(async () => {
    const before = fixes.length;
    await sleep(500);
    fixes = await stored(page);
    return fixes.length > 0 && fixes.length === before;
  }, "the last fix");
  return fixes;
}

test("the browser's own geolocation: fixes as the device gives them", async () => {
  const context = await browser.newContext({ viewport: PHONE, permissions: ["geolocation"], geolocation: { latitude: 47, longitude: 8, accuracy: 4 } });
  const page = await context.newPage();
  const who = await account(server);
  await signIn(page, server, who);
  await startRuck(page, server);
  let steps = 0;
  await until(async () => {
    steps++;
    await context.setGeolocation({ latitude: 47 + steps * 4e-5, longitude: 8, accuracy: 4 });
    await sleep(1100); // a pace that a walker has
    return steps >= 8 && (await stored(page)).length >= 3;
  }, "fixes to be kept");
  const fixes = await settledCount(page);
  await finishRuck(page);
  await until(async () => (await sync(page)) === "saved", "everything to arrive");
  const [ruck] = await api(server, who, "/api/rucks");
  assert.equal((await api(server, who, `/api/rucks/${ruck.id}`)).location_points.length, fixes.length);
  await context.close();
});

test("a server that went back to an older backup gets the whole ruck again", async () => {
  const other = await RuckServer.start();
  const context = await browser.newContext({ viewport: PHONE });
  const begin = Date.now() - 3 * 3_600_000;
  const page = await openPhone(context, begin);
  const who = await account(other);
  await signIn(page, other, who);
  await other.down();
  const backup = `${other.folder}-backup`;
  cpSync(other.folder, backup, { recursive: true });
  await other.up();
  await startRuck(page, other);
  const way = madeTrack({ count: 200, start: begin + 2000 });
  await walk(page, way.slice(0, 150));
  await settled(page);
  await page.locator("[data-sync]").click();
  await until(async () => (await page.locator("[data-sync]").getAttribute("data-waiting")) === "0", "the first batches");
  await other.down();
  rmSync(other.folder, { recursive: true });
  renameSync(backup, other.folder);
  await other.up();
  assert.deepEqual(await api(other, who, "/api/rucks"), []);
  await walk(page, way.slice(150));
  await settled(page);
  await finishRuck(page);
  const shown = await stat(page, "distance");
  await until(async () => (await sync(page)) === "saved", "everything to arrive", 30_000);
  const [ruck] = await api(other, who, "/api/rucks");
  assert.equal(Number(ruck.distance_km).toFixed(2), shown);
  assert.equal(ruck.ruck_weight_kg, 10, "with the pack that was said at the start");
  await context.close();
  await other.stop();
});
