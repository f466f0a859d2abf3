// Photos of a ruck: added anywhere, also without a network, each once; looked at by whoever may.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { look } from "./axe.mjs";
import { focusIs, focused } from "./keys.mjs";
import { follow, json, ruckOf } from "./people.mjs";
import { addPhoto, asFile, brokenJpeg, isDrawn, landscape, photosOf, tooLarge } from "./photo_files.mjs";
import { browser, server } from "./stage.mjs";
import { DESKTOP, PHONE, account, api, finishRuck, madeTrack, openPhone, settled, signIn, sleep, startRuck, sync, until, walk } from "./support.mjs";

const HOUR = 3_600_000;
let files;
before(async () => {
  files = [];
  for (let seed = 1; seed <= 3; seed++) files.push(await landscape(browser, { seed, width: seed === 2 ? 900 : 1600 }));
});

const add = (page, ...chosen) => page.locator("[data-add-photos]").setInputFiles(chosen);
const shown = (page) => page.locator("section[data-photos]").getAttribute("data-photos").then(Number);
const waiting = (page) => page.locator("section[data-photos]").getAttribute("data-waiting-photos").then(Number);
const allThere = (page, n) => until(async () => (await shown(page)) === n && (await waiting(page)) === 0, `${n} photos`);
const counts = (page, text) => until(async () => (await page.locator("[data-count]").innerText()) === text, text);
const share = (who, id, visibility) => api(server, who, `/api/rucks/${id}/details`, json("PATCH", { visibility }));

async function aRuckWithPhotos(who, words = ["Lake under the pass", "", "The cairn"]) {
  const ruck = await ruckOf(server, who, { count: 800 });
  for (const [i, alt] of words.entries()) await addPhoto(server, who, ruck, files[i], { name: `${i}.jpg`, alt });
  return ruck;
}
async function signedIn(who, more = {}) {
  const context = await browser.newContext({ viewport: PHONE, ...more });
  const page = await context.newPage();
  await signIn(page, server, who);
  return { context, page };
}
// Without a service worker, which would send what the page cannot.
async function walking() {
  const context = await browser.newContext({ viewport: PHONE, serviceWorkers: "block" });
  const who = await account(server);
  const begin = Date.now() - HOUR;
  const page = await openPhone(context, begin);
  await signIn(page, server, who);
  await startRuck(page, server);
  await walk(page, madeTrack({ count: 60, start: begin + 1000 }));
  await settled(page);
  await page.locator("[data-sync]").click();
  await until(async () => (await sync(page)) === "saved", "the start to arrive");
  return { context, page, who, begin };
}

test("added on the ruck's page: shown, described, deleted", async () => {
  const who = await account(server);
  const ruck = await ruckOf(server, who, { count: 300 });
  const { context, page } = await signedIn(who);
  await page.goto(`${server.url}/rucks/${ruck}`);
  await page.getByRole("heading", { name: "Photos" }).waitFor();
  await add(page, asFile(files[0], "a.jpg"), asFile(files[1], "b.jpg"));
  await allThere(page, 2);
  assert.equal((await photosOf(server, who, ruck)).length, 2);
  await add(page, asFile(files[0], "a.jpg"));
  await sleep(500);
  await allThere(page, 2);
  assert.equal((await photosOf(server, who, ruck)).length, 2, "the same file is the same photo");

  await page.getByRole("button", { name: "Photo 1 of 2" }).click();
  await counts(page, "1 of 2");
  await page.getByRole("button", { name: "Description" }).click();
  await focusIs(page, "Description");
  await page.keyboard.type("Fog over the lake");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await until(async () => (await page.locator("[data-caption]").innerText()) === "Fog over the lake", "the new words");
  const [first] = await photosOf(server, who, ruck);
  assert.equal(first.alt_text, "Fog over the lake");

  await page.getByRole("button", { name: "Delete photo" }).click();
  await page.getByRole("heading", { name: "Delete this photo?" }).waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("[data-viewer]").count(), 1, "only the question is closed");
  await page.getByRole("button", { name: "Delete photo" }).click();
  await page.getByRole("dialog", { name: "Delete this photo?" }).getByRole("button", { name: "Delete photo" }).click();
  await counts(page, "1 of 1");
  await until(async () => (await photosOf(server, who, ruck)).length === 1, "one to be gone");
  // Somebody has deleted the other one meanwhile: gone is as wanted.
  const [other] = await photosOf(server, who, ruck);
  await api(server, who, `/api/ruck-photos?photo_id=${other.id}`, { method: "DELETE" });
  await page.getByRole("button", { name: "Delete photo" }).click();
  await page.getByRole("dialog", { name: "Delete this photo?" }).getByRole("button", { name: "Delete photo" }).click();
  await page.locator("[data-viewer]").waitFor({ state: "detached" });
  await focusIs(page, "Photos");
  assert.equal(await shown(page), 0);
  await context.close();
});

test("added while recording without a network, kept over a reload: each arrives once", async () => {
  const { context, page, who } = await walking();
  await page.route(/\/api\//, (route) => route.abort());
  await add(page, asFile(files[0], "a.jpg"), asFile(files[2], "c.jpg"));
  await until(async () => (await waiting(page)) === 2, "two to wait");
  assert.equal(await page.getByRole("button", { name: "Pause" }).count(), 1, "the recording goes on");
  await until(async () => (await sync(page)) === "offline", "the badge to say so");
  await page.reload();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await until(async () => (await waiting(page)) === 2, "both to wait still");
  await until(async () => (await isDrawn(page.locator("[data-local-photo] img").first())) && isDrawn(page.locator("[data-local-photo] img").last()), "their own pictures");
  await finishRuck(page);
  assert.equal(await waiting(page), 2);
  await page.getByRole("button", { name: "Done" }).click();
  await page.locator('[data-local-photos="2"]').waitFor();

  // The network is back, and the answer to the first one gets lost.
  let sent = 0;
  const network = await context.newCDPSession(page);
  network.on("Fetch.requestPaused", ({ requestId, request }) => {
    const isLost = request.method === "POST" && ++sent === 1;
    void (isLost ? network.send("Fetch.failRequest", { requestId, errorReason: "ConnectionReset" }) : network.send("Fetch.continueRequest", { requestId }));
  });
  await page.unroute(/\/api\//);
  await network.send("Fetch.enable", { patterns: [{ urlPattern: "*/api/ruck-photos", requestStage: "Response" }] });
  await page.locator("[data-sync]").click();
  await until(async () => sent >= 1, "the first to be sent");
  const [begun] = await api(server, who, "/api/rucks");
  // A busy server may still be making it, and the first answer was "not yet".
  await until(async () => (await photosOf(server, who, begun.id)).length === 1, "it to be there");
  await until(async () => {
    await page.locator("[data-sync]").click();
    await sleep(200);
    return (await sync(page)) === "saved";
  }, "everything to arrive");
  assert.ok(sent >= 3, `${sent} requests: the one that was lost was sent again`);
  const [ruck] = await api(server, who, "/api/rucks");
  assert.equal((await photosOf(server, who, ruck.id)).length, 2, "each once");
  await page.locator("[data-local-photos]").waitFor({ state: "detached" });
  await page.goto(`${server.url}/rucks/${ruck.id}`);
  await allThere(page, 2);
  await context.close();
});

test("the service worker sends what waits when the page is closed", async () => {
  const who = await account(server);
  const ruck = await ruckOf(server, who, { count: 300 });
  const { context, page } = await signedIn(who);
  await until(() => page.evaluate(() => navigator.serviceWorker.controller !== null), "the service worker");
  await page.goto(`${server.url}/rucks/${ruck}`);
  await page.getByRole("heading", { name: "Photos" }).waitFor();
  // Of the page alone: the worker has a network.
  await page.route(/\/api\/ruck-photos$/, (route) => route.abort());
  await add(page, asFile(files[0]));
  await until(async () => (await waiting(page)) === 1 || (await photosOf(server, who, ruck)).length === 1, "it to wait, or to be sent already");
  // The sync is asked for when the page's own try has failed.
  const isAskedFor = () => page.evaluate(async () => (await (await navigator.serviceWorker.ready).sync.getTags()).includes("ruck-upload"));
  await until(async () => (await isAskedFor()) || (await photosOf(server, who, ruck)).length === 1, "the worker to be asked");
  await page.close();
  await until(async () => (await photosOf(server, who, ruck)).length === 1, "it to arrive");
  await context.close();
});

test("the photos of a ruck that begins on the server later wait for it", async () => {
  const context = await browser.newContext({ viewport: PHONE, serviceWorkers: "block" });
  const who = await account(server);
  const begin = Date.now() - HOUR;
  const page = await openPhone(context, begin);
  await signIn(page, server, who);
  await page.route(/\/start$/, (route) => route.abort());
  let posts = 0;
  page.on("request", (request) => (posts += /ruck-photos$/.test(request.url()) && request.method() === "POST" ? 1 : 0));
  await startRuck(page, server);
  await walk(page, madeTrack({ count: 60, start: begin + 1000 }));
  await add(page, asFile(files[0]));
  await until(async () => (await waiting(page)) === 1, "it to wait");
  await sleep(500);
  assert.equal(posts, 0, "nothing is sent to a ruck that is not there");
  await page.unroute(/\/start$/);
  await page.locator("[data-sync]").click();
  await allThere(page, 1);
  await context.close();
});

test("removed while it is on its way: it is gone there as well", async () => {
  const { context, page, who } = await walking();
  let posts = 0;
  await page.route(/\/api\/ruck-photos$/, async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    posts++;
    await page.getByRole("button", { name: "Remove one.jpg" }).click();
    return route.continue();
  });
  await add(page, asFile(files[0], "one.jpg"));
  const removed = page.waitForResponse((response) => response.request().method() === "DELETE" && response.url().includes("ruck-photos"));
  await removed;
  assert.equal(posts, 1);
  const [ruck] = await api(server, who, "/api/rucks");
  assert.deepEqual(await photosOf(server, who, ruck.id), []);
  assert.equal(await shown(page), 0);
  assert.equal(await waiting(page), 0);
  await context.close();
});

test("a busy server is left alone as long as it says", async () => {
  const { context, page } = await walking();
  let posts = 0;
  await page.route(/\/api\/ruck-photos$/, async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    posts++;
    if (posts > 1) return route.continue();
    return route.fulfill({ status: 503, headers: { "Retry-After": "20" }, contentType: "application/json", body: JSON.stringify({ error: "overloaded", message: "Busy." }) });
  });
  await add(page, asFile(files[0]));
  await until(() => posts === 1, "the first try");
  await until(async () => (await sync(page)) === "offline", "the badge to say that it waits");
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await page.locator("[data-sync]").click();
  await page.evaluate(() => globalThis.phone.wait(12_000));
  await sleep(700);
  assert.equal(posts, 1, "not before its time");
  await page.evaluate(() => globalThis.phone.wait(9_000));
  await allThere(page, 1);
  assert.equal(posts, 2);
  await context.close();
});

test("what is no photo is told at once; what the server refuses says why, and goes when asked", async () => {
  const who = await account(server);
  const ruck = await ruckOf(server, who, { count: 300 });
  const { context, page } = await signedIn(who);
  await page.goto(`${server.url}/rucks/${ruck}`);
  await page.getByRole("heading", { name: "Photos" }).waitFor();
  await add(page, asFile(Buffer.from("GIF89a, and more"), "moving.gif", "image/gif"), asFile(Buffer.alloc(0), "nothing.jpg"), asFile(brokenJpeg(), "broken.jpg"));
  await page.getByText("moving.gif is not a photo that can be added").waitFor();
  await page.getByText("nothing.jpg is empty.").waitFor();
  const refused = page.locator("[data-refused]");
  await refused.waitFor();
  assert.match(await refused.innerText(), /broken.jpg was not accepted\. \S+/, "with the reason");
  assert.equal(await sync(page), "refused");
  await page.reload();
  await refused.waitFor();
  await refused.getByRole("button", { name: "Remove broken.jpg" }).click();
  await refused.waitFor({ state: "detached" });
  assert.equal(await sync(page), "saved");
  assert.deepEqual(await photosOf(server, who, ruck), []);
  await context.close();
});

test("a file that is too large is made smaller here", async () => {
  const who = await account(server);
  const ruck = await ruckOf(server, who, { count: 300 });
  const { context, page } = await signedIn(who);
  await page.goto(`${server.url}/rucks/${ruck}`);
  await page.getByRole("heading", { name: "Photos" }).waitFor();
  const file = await tooLarge(browser);
  assert.ok(file.length > 10 << 20, `${file.length} bytes`);
  await add(page, asFile(file, "large.png", "image/png"));
  await allThere(page, 1);
  await context.close();
});

test("no room on the phone: it says so, and the recording goes on", async () => {
  const { context, page } = await walking();
  await page.evaluate(() => {
    navigator.storage.estimate = async () => ({ quota: 30_000_000, usage: 29_000_000 });
  });
  await add(page, asFile(files[0], "one.jpg"));
  await page.getByText("There is no room on this device for one.jpg").waitFor();
  assert.equal(await waiting(page), 0);
  assert.equal(await page.locator('[data-trouble="storage"]').count(), 0);
  assert.equal(await page.getByRole("button", { name: "Pause" }).count(), 1);
  await context.close();
});

test("a ruck that is thrown away takes its photos with it", async () => {
  const { context, page } = await walking();
  await page.route(/\/api\//, (route) => route.abort());
  await add(page, asFile(files[0]));
  await until(async () => (await waiting(page)) === 1, "it to wait");
  await page.getByRole("button", { name: "Finish" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Discard" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Discard" }).click();
  await page.getByRole("button", { name: "Start", exact: true }).waitFor();
  await page.goto(server.url);
  await page.getByRole("heading", { name: /Hello/ }).waitFor();
  await sleep(500);
  assert.equal(await page.locator("[data-local-photos]").count(), 0);
  await context.close();
});

test("the viewer by keyboard: arrows, the ends, Tab stays inside, Escape leads back", async () => {
  const who = await account(server);
  const ruck = await aRuckWithPhotos(who);
  const { context, page } = await signedIn(who, { viewport: DESKTOP, reducedMotion: "reduce" });
  await page.goto(`${server.url}/rucks/${ruck}`);
  await allThere(page, 3);
  await page.getByRole("button", { name: "Lake under the pass" }).focus();
  await page.keyboard.press("Enter");
  await counts(page, "1 of 3");
  await focusIs(page, "Close");
  const loaded = (n) => page.locator(`[data-strip] .slide:nth-child(${n}) img`);
  await until(async () => (await loaded(2).count()) === 1 && isDrawn(loaded(2)), "the next one to be fetched");
  assert.equal(await loaded(3).count(), 0, "and no more than the next");
  await page.keyboard.press("ArrowRight");
  await counts(page, "2 of 3");
  assert.equal(await page.locator("[data-caption]").innerText(), "No description");
  await page.keyboard.press("End");
  await counts(page, "3 of 3");
  assert.equal(await page.locator("[data-caption]").innerText(), "The cairn");
  assert.equal(await page.getByRole("button", { name: "Next photo" }).count(), 0);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Home");
  await counts(page, "1 of 3");
  await until(() => page.locator("[data-strip]").evaluate((strip) => strip.scrollLeft === 0), "the strip to be there");
  const seen = new Set();
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press("Tab");
    seen.add(await focused(page));
    assert.ok(await page.evaluate(() => document.activeElement.closest("[data-viewer]") !== null), "Tab stays inside");
  }
  for (const name of ["Close", "Next photo", "Description", "Delete photo"]) assert.ok(seen.has(name), `${name} is reached: ${[...seen]}`);
  await page.keyboard.press("Shift+Tab");
  assert.ok(await page.evaluate(() => document.activeElement.closest("[data-viewer]") !== null));
  await page.keyboard.press("ArrowRight");
  await counts(page, "2 of 3");
  await page.keyboard.press("Escape");
  await page.locator("[data-viewer]").waitFor({ state: "detached" });
  await focusIs(page, "Photo 2 of 3");
  await context.close();
});

test("the viewer by finger: swiped, and free to be pinched", async () => {
  const who = await account(server);
  const ruck = await aRuckWithPhotos(who);
  const { context, page } = await signedIn(who, { hasTouch: true, isMobile: true });
  await page.goto(`${server.url}/rucks/${ruck}`);
  await allThere(page, 3);
  await page.getByRole("button", { name: "Lake under the pass" }).tap();
  await counts(page, "1 of 3");
  const touch = await context.newCDPSession(page);
  const swipe = async (from, to) => {
    const at = (x) => [{ x, y: 420 }];
    await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: at(from) });
    for (let step = 1; step <= 20; step++) await touch.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: at(from + ((to - from) * step) / 20) });
    await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  };
  await swipe(330, 60);
  await counts(page, "2 of 3");
  await swipe(330, 60);
  await counts(page, "3 of 3");
  await swipe(60, 330);
  await counts(page, "2 of 3");
  const ways = await page.evaluate(() => [...document.querySelectorAll("[data-viewer], [data-viewer] *")].map((each) => getComputedStyle(each).touchAction).filter((way) => way !== "auto" && way !== "manipulation"));
  assert.deepEqual(ways.filter((way) => !way.includes("pinch-zoom")), [], "nothing there takes pinching away");
  assert.doesNotMatch(await page.locator('meta[name="viewport"]').getAttribute("content"), /user-scalable|maximum-scale/);
  await context.close();
});

test("whoever may see the ruck sees its photos, and nobody else", async () => {
  const [owner, friend, stranger] = await Promise.all([account(server, { username: "Olga" }), account(server, { username: "Finn" }), account(server, { username: "Sven" })]);
  await follow(server, friend, owner);
  const ruck = await aRuckWithPhotos(owner);
  await share(owner, ruck, "followers");
  const { context: ours, page } = await signedIn(friend);
  await page.goto(`${server.url}/rucks/${ruck}`);
  await allThere(page, 3);
  await until(() => isDrawn(page.locator("[data-photo] img").first()), "the first to be drawn");
  assert.equal(await page.locator("[data-add-photos]").count(), 0);
  await page.getByRole("button", { name: "Lake under the pass" }).click();
  await counts(page, "1 of 3");
  assert.equal(await page.getByRole("button", { name: "Delete photo" }).count(), 0, "not theirs to delete");
  assert.equal(await page.getByRole("button", { name: "Description" }).count(), 0);
  const address = await until(() => page.locator("[data-viewer] img").first().evaluate((img) => img.currentSrc), "its address");
  assert.equal((await fetch(address)).status, 200);
  await page.keyboard.press("Escape");

  const { context: theirs, page: other } = await signedIn(stranger);
  await other.goto(`${server.url}/rucks/${ruck}`);
  await other.getByRole("heading", { name: "No such ruck" }).waitFor();
  assert.equal(await other.locator("section[data-photos]").count(), 0);
  // Only its owner's from now on.
  await share(owner, ruck, "private");
  await page.reload();
  await page.getByRole("heading", { name: "No such ruck" }).waitFor();
  assert.equal(await page.locator("section[data-photos]").count(), 0);
  assert.equal((await fetch(address)).status, 404, "nor by its address");
  await ours.close();
  await theirs.close();
});

test("an original is kept where its owner asks for it, and is theirs alone", async () => {
  const [owner, friend] = await Promise.all([account(server, { username: "Olga" }), account(server, { username: "Finn" })]);
  const ruck = await ruckOf(server, owner, { count: 800 });
  await share(owner, ruck, "public");
  const { context, page } = await signedIn(owner);
  await page.goto(`${server.url}/rucks/${ruck}`);
  await page.getByLabel("Keep the originals, too").check();
  await add(page, asFile(files[0], "ridge.jpg"));
  await allThere(page, 1);
  await page.locator("[data-photo]").click();
  const original = page.getByRole("link", { name: "Original" });
  assert.equal(await original.getAttribute("download"), "ridge.jpg");
  const address = await original.evaluate((link) => link.href);
  assert.equal((await (await fetch(address)).arrayBuffer()).byteLength, files[0].length);
  assert.equal((await photosOf(server, friend, ruck))[0].original_url, null);
  // The choice is remembered.
  await page.reload();
  await until(() => page.getByLabel("Keep the originals, too").isChecked(), "the choice");
  await context.close();
});

test("a card of the feed has the first three", async () => {
  const [owner, friend] = await Promise.all([account(server, { username: "Olga" }), account(server, { username: "Finn" })]);
  await follow(server, friend, owner);
  const ruck = await aRuckWithPhotos(owner);
  await addPhoto(server, owner, ruck, await landscape(browser, { seed: 9 }), { name: "4.jpg" });
  await share(owner, ruck, "public");
  const { context, page } = await signedIn(friend);
  await page.goto(`${server.url}/feed`);
  const card = page.locator(`[data-ruck="${ruck}"]`);
  await card.locator('[data-thumbs="3"]').waitFor();
  await card.locator("[data-thumbs]").scrollIntoViewIfNeeded();
  await until(() => isDrawn(card.locator("[data-thumbs] img").first()), "a thumbnail");
  assert.equal(await card.locator("[data-thumbs] img").first().getAttribute("alt"), "Lake under the pass");
  await context.close();
});

test("what was seen is there without a network, and gone after signing out", async () => {
  const late = await landscape(browser, { seed: 12 });
  const who = await account(server);
  const ruck = await aRuckWithPhotos(who);
  const { context, page } = await signedIn(who);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await until(() => page.evaluate(() => navigator.serviceWorker.controller !== null), "the service worker");
  await page.goto(`${server.url}/rucks/${ruck}`);
  await allThere(page, 3);
  const drawn = () => isDrawn(page.locator("[data-photo] img").first());
  await until(drawn, "the first to be drawn");
  await until(() => page.evaluate(async () => (await (await caches.open("ruck-photos")).keys()).length > 0), "it to be kept");
  const names = await page.evaluate(async () => (await (await caches.open("ruck-photos")).keys()).map(({ url }) => url));
  assert.ok(names.every((name) => !name.includes("?")), "kept by its name, not by who may fetch it");
  // All of the app, which comes 8 s after the first view or when it is asked for.
  await page.evaluate(
    () =>
      new Promise((resolve) => {
        navigator.serviceWorker.addEventListener("message", ({ data }) => data === "ready-for-offline" && resolve());
        navigator.serviceWorker.controller.postMessage("fetch-later");
      }),
  );
  await server.down();
  try {
    await page.reload();
    await until(async () => (await shown(page)) === 3, "the photos that are known");
    await until(drawn, "the first to be drawn without a network");
    await add(page, asFile(late, "late.jpg"));
    await until(async () => (await waiting(page)) === 1, "one to wait");
    await page.goto(`${server.url}/settings`);
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.getByText("Photos on this device are not on the server yet").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Sign out", exact: true }).click();
    await page.getByRole("link", { name: "Create an account" }).waitFor();
    await until(() => page.evaluate(async () => !(await caches.has("ruck-photos"))), "the pictures to be gone");
  } finally {
    await server.up();
  }
  // As with a ruck that had not arrived: it is sent when its person is back.
  await until(() => page.evaluate(() => new Promise((resolve) => {
    const open = indexedDB.open("ruck");
    open.onsuccess = () => {
      const read = open.result.transaction("values").objectStore("values").get("leaving");
      read.onsuccess = () => (open.result.close(), resolve(read.result !== true));
    };
  })).catch(() => false), "the server to have heard of it");
  await signIn(page, server, who);
  await until(async () => (await photosOf(server, who, ruck)).length === 4, "the late one to arrive");
  await context.close();
});

for (const [form, viewport, colorScheme] of [["phone", PHONE, "dark"], ["desktop", DESKTOP, "light"], ["320 px", { width: 320, height: 640 }, "light"]]) {
  test(`axe finds nothing about photos: ${form}, ${colorScheme}`, async () => {
    const problems = [];
    const who = await account(server, { username: "Olga" });
    const friend = await account(server, { username: "Finn" });
    const ruck = await aRuckWithPhotos(who);
    await share(who, ruck, "public");
    await follow(server, friend, who);
    const context = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce", serviceWorkers: "block" });
    const begin = Date.now() - HOUR;
    const page = await openPhone(context, begin);
    await signIn(page, server, who);
    await page.goto(`${server.url}/rucks/${ruck}`);
    await allThere(page, 3);
    await look(page, "gallery", problems);
    await page.locator("[data-photo]").first().click();
    await counts(page, "1 of 3");
    await look(page, "viewer", problems);
    await page.getByRole("button", { name: "Description" }).click();
    await look(page, "viewer, description", problems);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Delete photo" }).click();
    await look(page, "viewer, delete?", problems);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await startRuck(page, server);
    await walk(page, madeTrack({ count: 60, start: begin + 1000 }));
    await settled(page);
    await page.route(/\/api\/ruck-photos$/, (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
    await add(page, asFile(files[0], "waiting.jpg"), asFile(Buffer.from("no photo"), "no.txt", "text/plain"));
    await until(async () => (await waiting(page)) === 1, "one to wait");
    await look(page, "recording, one waits", problems);
    await page.unroute(/\/api\/ruck-photos$/);
    await add(page, asFile(brokenJpeg(), "broken.jpg"));
    await page.locator("[data-refused]").waitFor();
    await look(page, "recording, one refused", problems);
    await finishRuck(page);
    await look(page, "finished", problems);
    await page.goto(server.url);
    await page.locator("[data-local-photos]").waitFor();
    await look(page, "home, one refused", problems);
    await context.close();

    const theirs = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce" });
    const other = await theirs.newPage();
    await signIn(other, server, friend);
    await other.goto(`${server.url}/feed`);
    await other.locator("[data-thumbs]").first().waitFor();
    await look(other, "feed", problems);
    await other.goto(`${server.url}/rucks/${ruck}`);
    await allThere(other, 3);
    await look(other, "gallery of others", problems);
    assert.deepEqual(problems, []);
    await theirs.close();
  });
}
