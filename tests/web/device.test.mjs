// What the app asks of the device, and what it does where it gets it: a screen that stays on, a place on
// the home screen, a wake-up when the network is back, room that is not taken away.
import assert from "node:assert/strict";
import { test } from "node:test";
import { browser, server } from "./stage.mjs";
import { PHONE, account, api, finishRuck, madeTrack, offlineReady, openPhone, setHidden, settled, signIn, startRuck, sync, until, walk } from "./support.mjs";

const HOUR = 3_600_000;

async function phone(init = () => {}) {
  const context = await browser.newContext({ viewport: PHONE });
  await context.addInitScript(init);
  const begin = Date.now() - 2 * HOUR;
  const page = await openPhone(context, begin);
  const who = await account(server);
  await signIn(page, server, who);
  return { context, page, who, begin };
}

test("the screen stays on while recording, again after the page was away, and not in a rest", async () => {
  const { context, page, begin } = await phone(() => {
    const locks = (globalThis.screenLocks = []);
    class Lock extends EventTarget {
      released = false;
      async release() {
        if (this.released) return;
        this.released = true;
        this.dispatchEvent(new Event("release"));
      }
    }
    const request = async () => {
      const lock = new Lock();
      locks.push(lock);
      return lock;
    };
    Object.defineProperty(navigator, "wakeLock", { value: { request } });
    // As browsers do when a page is no longer seen.
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") for (const lock of locks) lock.release();
    });
  });
  const held = () => page.evaluate(() => globalThis.screenLocks.filter((lock) => !lock.released).length);
  const heldIs = (n, what) => until(async () => (await held()) === n, `${n} held ${what}`);
  await startRuck(page, server);
  await heldIs(1, "while recording");
  await walk(page, madeTrack({ count: 20, start: begin + 1000 }));
  await setHidden(page, true);
  await heldIs(0, "out of sight");
  await setHidden(page, false);
  await heldIs(1, "in sight again");
  await setHidden(page, false);
  await page.getByRole("button", { name: "Pause" }).click();
  await heldIs(0, "in a rest");
  await page.getByRole("button", { name: "Go on" }).click();
  await heldIs(1, "after it");
  await finishRuck(page);
  await heldIs(0, "at the end");
  await context.close();
});

test("a browser that offers to install the app is asked when its owner says so, once", async () => {
  const { context, page } = await phone();
  assert.equal(await page.getByRole("button", { name: "Install" }).count(), 0);
  const isPrevented = await page.evaluate(() => {
    const event = new Event("beforeinstallprompt", { cancelable: true });
    globalThis.prompted = 0;
    event.prompt = async () => void (globalThis.prompted += 1);
    event.userChoice = Promise.resolve({ outcome: "accepted" });
    return !dispatchEvent(event);
  });
  assert.ok(isPrevented, "the browser's own banner stays away");
  assert.equal(await page.evaluate(() => globalThis.prompted), 0);
  await page.getByRole("button", { name: "Install" }).click();
  await until(() => page.evaluate(() => globalThis.prompted === 1), "the browser to be asked");
  await until(async () => (await page.getByRole("button", { name: "Install" }).count()) === 0, "the offer to go");
  // What browsers want of an app that can be installed.
  const manifest = await (await fetch(`${server.url}/app.webmanifest`)).json();
  assert.equal(manifest.display, "standalone");
  assert.equal(manifest.start_url, "/");
  for (const { src, sizes, type } of manifest.icons) {
    const icon = await fetch(server.url + src);
    assert.equal(icon.headers.get("content-type"), type, src);
    const bytes = Buffer.from(await icon.arrayBuffer());
    if (type === "image/png") assert.equal(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`, sizes, src); // of its IHDR chunk
  }
  await context.close();
});

test("background sync: a ruck finished without a network arrives with the app closed", async () => {
  const { context, page, who, begin } = await phone();
  await offlineReady(page);
  await startRuck(page, server);
  await walk(page, madeTrack({ count: 60, start: begin + 1000 }));
  await settled(page);
  await server.down();
  await finishRuck(page);
  await until(async () => (await sync(page)) === "offline", "the page to know that it is offline");
  const tags = () => page.evaluate(async () => (await navigator.serviceWorker.ready).sync.getTags());
  await until(async () => (await tags()).includes("ruck-upload"), "the browser to be asked");
  // Another page of this origin, which is not the app, to reach the worker by.
  await server.up();
  const other = await context.newPage();
  await page.close();
  await other.goto(`${server.url}/livez`);
  const devtools = await context.newCDPSession(other);
  const registration = new Promise((resolve) => {
    devtools.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const mine = registrations.find(({ scopeURL }) => scopeURL.startsWith(server.url));
      if (mine) resolve(mine.registrationId);
    });
  });
  await devtools.send("ServiceWorker.enable");
  assert.notEqual((await api(server, who, "/api/rucks"))[0]?.status, "completed", "else this tests nothing");
  await devtools.send("ServiceWorker.dispatchSyncEvent", { origin: server.url, registrationId: await registration, tag: "ruck-upload", lastChance: true });
  await until(async () => (await api(server, who, "/api/rucks"))[0]?.status === "completed", "the ruck to arrive");
  await context.close();
});

test("Safari's own removal of what is stored is told of, where it may happen", async () => {
  const { context, page, begin } = await phone(() => {
    Object.defineProperty(navigator, "standalone", { value: false });
  });
  await offlineReady(page);
  await startRuck(page, server);
  await walk(page, madeTrack({ count: 30, start: begin + 1000 }));
  await server.down();
  await finishRuck(page);
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("link", { name: "Rucks", exact: true }).click();
  await page.getByText(/Safari may remove it/).waitFor();
  await server.up();
  await page.locator("[data-sync]").click();
  await until(async () => (await page.getByText(/Safari may remove it/).count()) === 0, "nothing left to remove");
  await context.close();
});
