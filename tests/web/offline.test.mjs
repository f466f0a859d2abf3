// The app without a network, and how little it moves over one.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { PHONE, RuckServer, account, api, finishRuck, launch, madeTrack, offlineReady, openPhone, settled, signIn, sleep, startRuck, stat, sync, until, walk } from "./support.mjs";

const HOME_BYTES_MOST = 120 * 1024;
const HOME_REQUESTS_MOST = 15;
const ONE_PIXEL = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

let server, browser, tiles, tilesServed;
before(async () => {
  tiles = createServer((request, response) => {
    tilesServed += 1;
    response.writeHead(200, { "Content-Type": "image/png", "Access-Control-Allow-Origin": "*" });
    response.end(ONE_PIXEL);
  });
  await new Promise((resolve) => tiles.listen(0, "127.0.0.1", resolve));
  tilesServed = 0;
  server = await RuckServer.start({
    RUCK_MAP_TILES: `http://127.0.0.1:${tiles.address().port}/{z}/{x}/{y}.png`,
    RUCK_MAP_ATTRIBUTION: "Test tiles",
  });
  browser = await launch();
});
after(async () => {
  await browser.close();
  await server.stop();
  await new Promise((resolve) => tiles.close(resolve));
});

// Bytes that come over the network, by the browser's own count: body and head, compressed. What the
// service worker fetches for itself counts too.
async function meter(context, page) {
  const seen = [];
  const listen = async (target) => {
    const session = await context.newCDPSession(target);
    await session.send("Network.enable");
    const urls = new Map();
    session.on("Network.responseReceived", ({ requestId, response }) => urls.set(requestId, { url: response.url, type: response.mimeType, cached: response.fromDiskCache || response.fromServiceWorker || response.fromPrefetchCache }));
    session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      const from = urls.get(requestId);
      if (from && !from.cached && encodedDataLength > 0 && !from.url.startsWith("data:")) seen.push({ ...from, bytes: encodedDataLength });
    });
  };
  await listen(page);
  return seen;
}
const sum = (seen) => seen.reduce((bytes, each) => bytes + each.bytes, 0);

test("a cold first page is small, asks nobody else, and brings neither map nor engine", async () => {
  const context = await browser.newContext({ viewport: PHONE });
  const page = await context.newPage();
  const seen = await meter(context, page);
  await page.goto(server.url);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await sleep(1500);
  assert.ok(sum(seen) < HOME_BYTES_MOST, `${sum(seen)} bytes: ${JSON.stringify(seen, null, 1)}`);
  assert.ok(seen.length <= HOME_REQUESTS_MOST, `${seen.length} requests`);
  assert.ok(seen.every(({ url }) => url.startsWith(server.url)), "nobody else is asked");
  assert.ok(!seen.some(({ url }) => /engine|leaflet|uPlot|Record/.test(url)));
  console.log(`cold welcome page: ${sum(seen)} bytes, ${seen.length} requests`);
  await context.close();
});

test("a cold home page of somebody who is signed in, with the service worker's own shell", async () => {
  const who = await account(server);
  const context = await browser.newContext({ viewport: PHONE });
  const first = await context.newPage();
  await signIn(first, server, who);
  // Keep the sign-in, forget every file.
  await first.evaluate(async () => {
    for (const worker of await navigator.serviceWorker.getRegistrations()) await worker.unregister();
    for (const name of await caches.keys()) await caches.delete(name);
  });
  await first.close();
  const page = await context.newPage();
  const seen = await meter(context, page);
  const cache = await context.newCDPSession(page);
  await cache.send("Network.clearBrowserCache");
  await page.goto(server.url);
  await page.getByRole("heading", { name: /Hello/ }).waitFor();
  await sleep(2500);
  // The worker fetches the same files; the browser's cache gives them.
  const worker = context.serviceWorkers()[0];
  const ofWorker = worker
    ? await worker.evaluate(() => performance.getEntriesByType("resource").reduce((bytes, each) => bytes + each.transferSize, 0))
    : 0;
  // The worker's own script is nobody's resource.
  const script = await fetch(`${server.url}/sw.js`, { method: "HEAD", headers: { "Accept-Encoding": "br" } });
  const total = sum(seen) + ofWorker + Number(script.headers.get("content-length"));
  assert.ok(worker, "there is a service worker");
  assert.ok(total < HOME_BYTES_MOST, `${sum(seen)} + ${ofWorker} bytes`);
  assert.ok(!seen.some(({ url }) => /engine|leaflet|uPlot|Record/.test(url)), "engine and map only where used");
  console.log(`cold home page: ${total} bytes, ${seen.length} requests`);
  await context.close();
});

test("everything works without a network once it was there: open, record, look back", async () => {
  const who = await account(server);
  const context = await browser.newContext({ viewport: PHONE });
  const begin = Date.now() - 3 * 3_600_000;
  const online = await openPhone(context, begin);
  await signIn(online, server, who);
  await startRuck(online, server);
  await walk(online, madeTrack({ count: 200, start: begin + 1000 }));
  await settled(online);
  await finishRuck(online);
  await until(async () => (await sync(online)) === "saved", "the ruck to arrive");
  await online.getByRole("button", { name: "Done" }).click();
  await online.locator('main a[href^="/rucks/"]').first().click();
  await online.locator('[data-stat="distance"]').waitFor();
  const distance = await stat(online, "distance");
  await offlineReady(online);
  await online.close();

  await server.down();
  const page = await openPhone(context, begin + 2 * 3_600_000);
  await page.goto(server.url);
  await page.getByRole("heading", { name: "Hello, Robin" }).waitFor();
  await page.getByText(/No connection. As it was/).first().waitFor();
  await page.locator('main a[href^="/rucks/"]').first().click();
  await page.locator('[data-stat="distance"]').waitFor();
  assert.equal(await stat(page, "distance"), distance, "the ruck is there");
  await page.locator(".leaflet-container path").first().waitFor({ state: "attached" });
  // A deep link that was never opened, straight from the address bar.
  await page.goto(`${server.url}/settings`);
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  await startRuck(page, server);
  await walk(page, madeTrack({ count: 100, start: begin + 2 * 3_600_000 + 1000 }));
  await settled(page);
  assert.ok(Number(await stat(page, "distance")) > 0.3, "the engine runs");
  await finishRuck(page);
  await server.up();
  await page.locator("[data-sync]").click();
  await until(async () => (await sync(page)) === "saved", "the second ruck to arrive");
  assert.equal((await api(server, who, "/api/rucks")).length, 2);
  await context.close();
});

test("a second visit loads no image and no file again", async () => {
  const who = await account(server);
  const context = await browser.newContext({ viewport: PHONE });
  const begin = Date.now() - 3_600_000;
  const page = await openPhone(context, begin);
  await signIn(page, server, who);
  await startRuck(page, server);
  await walk(page, madeTrack({ count: 100, start: begin + 1000 }));
  await settled(page);
  await finishRuck(page);
  await until(async () => (await sync(page)) === "saved", "the ruck to arrive");
  const [ruck] = await api(server, who, "/api/rucks");
  await offlineReady(page);
  const look = async () => {
    await page.goto(`${server.url}/rucks/${ruck.id}`);
    await page.locator(".leaflet-tile-loaded").first().waitFor({ state: "attached" });
    await sleep(1000);
  };
  await look();
  assert.ok(tilesServed > 0, "the map has tiles");
  const before = tilesServed;
  const seen = await meter(context, page);
  await look();
  assert.equal(tilesServed, before, "no tile is asked for again");
  const images = seen.filter(({ type }) => type.startsWith("image/"));
  assert.equal(sum(images), 0, `image bytes: ${JSON.stringify(images)}`);
  const files = seen.filter(({ url }) => url.includes("/assets/"));
  assert.equal(sum(files), 0, `file bytes: ${JSON.stringify(files)}`);
  await page.getByText("Test tiles").waitFor();
  await context.close();
});
