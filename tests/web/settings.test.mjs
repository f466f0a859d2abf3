// What somebody sets, and what becomes of it: units, theme, body, time zone, export, the end of an account.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { look } from "./axe.mjs";
import { follow, iso, json, outNow, ruckOf } from "./people.mjs";
import { browser, server } from "./stage.mjs";
import { DESKTOP, PHONE, account, api, signIn, until } from "./support.mjs";

const DAY = 86_400_000;

async function signedIn(who, more = {}) {
  const context = await browser.newContext({ viewport: PHONE, timezoneId: "UTC", ...more });
  const page = await context.newPage();
  await signIn(page, server, who);
  await until(() => isKept(page), "who is signed in to be on the device"); // a page loaded sooner asks to sign in
  return { context, page };
}
const isKept = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        const open = indexedDB.open("ruck", 1);
        open.onsuccess = () => {
          const read = open.result.transaction("values").objectStore("values").get("profile");
          read.onsuccess = () => {
            open.result.close();
            resolve(read.result !== undefined);
          };
        };
      }),
  );
const openSettings = async (page) => {
  await page.goto(`${server.url}/settings`);
  await page.getByRole("heading", { name: "About you" }).waitFor();
};
const profileOf = (who) => api(server, who, "/api/users/profile");
const saved = (page) => page.getByText("Saved.").waitFor();
const save = async (page) => {
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await saved(page);
};

test("theme and units: switched at once, and kept", async () => {
  const who = await account(server, { height_cm: 175 });
  const { context, page } = await signedIn(who, { colorScheme: "light" });
  await openSettings(page);
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  assert.equal(await theme(), "light");
  await page.getByRole("button", { name: "Dark" }).click();
  assert.equal(await theme(), "dark");
  await page.getByRole("button", { name: "mi, lb" }).click();
  await saved(page);
  assert.equal(await page.getByLabel("Body weight (lb)").inputValue(), "176.4");
  await page.reload();
  await page.getByLabel("Body weight (lb)").waitFor();
  assert.equal(await theme(), "dark");
  assert.equal((await profileOf(who)).prefer_metric, false);
  // To look at a figure in another unit, and to save beside it, is not to change it.
  await save(page);
  let profile = await profileOf(who);
  assert.deepEqual([profile.weight_kg, profile.height_cm], [80, 175]);
  await page.getByLabel("Body weight (lb)").fill("180");
  await page.getByLabel("Height (ft)").fill("6");
  await page.getByLabel("and inches").fill("0");
  // What is typed stays when the units are switched before it is saved.
  await page.getByRole("button", { name: "km, kg" }).click();
  await until(async () => (await page.getByLabel("Body weight (kg)").inputValue()) === "81.6", "the same weight in kg");
  assert.equal(await page.getByLabel("Height (cm)").inputValue(), "182.9");
  await save(page);
  profile = await profileOf(who);
  assert.deepEqual([profile.weight_kg, profile.height_cm], [81.65, 182.9]);
  await context.close();
});

test("what is emptied is absent, and what cannot be is said at its field", async () => {
  const who = await account(server, { height_cm: 175, prefer_metric: false, weight_kg: 80 });
  await api(server, who, "/api/users/profile", json("PUT", { resting_hr: 55 }));
  const { context, page } = await signedIn(who);
  await openSettings(page);
  await page.getByLabel("Body weight (lb)").fill("");
  await page.getByLabel("Resting heart rate").fill("");
  await save(page);
  const profile = await profileOf(who);
  assert.deepEqual([profile.weight_kg, profile.resting_hr, profile.height_cm], [null, null, 175]);
  // 2 ft 0 in: nothing the browser minds, and nobody's height.
  const feet = page.getByLabel("Height (ft)");
  await feet.fill("2");
  await page.getByLabel("and inches").fill("0");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("From 2 ft 8 in to 8 ft 6 in.").waitFor();
  assert.equal(await feet.getAttribute("aria-invalid"), "true");
  assert.ok(await feet.evaluate((input) => input === document.activeElement), "the field has the focus");
  assert.doesNotMatch(await page.locator("main").innerText(), /\$/);
  await feet.fill("");
  await page.getByLabel("and inches").fill("");
  await page.getByLabel("Name", { exact: true }).fill("   ");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("A name has at least one letter.").waitFor();
  assert.equal(await feet.getAttribute("aria-invalid"), null);
  assert.doesNotMatch(await page.locator("main").innerText(), /\$/);
  await page.getByLabel("Name", { exact: true }).fill("Robin");
  await save(page);
  assert.equal((await profileOf(who)).height_cm, null);
  await context.close();
});

test("signing up with what the server cannot use: said at the field, without its inner names", async () => {
  const context = await browser.newContext({ viewport: PHONE });
  const page = await context.newPage();
  await page.goto(`${server.url}/sign-up`);
  await page.getByLabel("Name").fill("Kim");
  await page.getByLabel("E-mail").fill("kim@home"); // a browser takes it
  await page.getByLabel("Password").fill("long enough");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByText("This is not a whole e-mail address.").waitFor();
  assert.equal(await page.getByLabel("E-mail").getAttribute("aria-invalid"), "true");
  assert.doesNotMatch(await page.locator("main").innerText(), /\$/);
  await context.close();
});

// ---- time zone --------------------------------------------------------------------------------------

test("the account's time zone is shown, and set from the list or to the device's", async () => {
  const who = await account(server, { time_zone: "UTC" });
  const { context, page } = await signedIn(who, { timezoneId: "Asia/Tokyo" });
  await openSettings(page);
  const zone = page.getByLabel("Time zone");
  assert.equal(await zone.inputValue(), "UTC");
  await page.getByRole("button", { name: "Use this device's: Asia/Tokyo" }).click();
  await saved(page);
  assert.equal((await profileOf(who)).time_zone, "Asia/Tokyo");
  assert.equal(await page.getByRole("button", { name: /this device's/ }).count(), 0);
  await zone.selectOption("America/Los_Angeles");
  await until(async () => (await profileOf(who)).time_zone === "America/Los_Angeles", "the zone");
  await context.close();
});

test("a browser that knows no list of time zones takes one in words", async () => {
  const who = await account(server);
  const context = await browser.newContext({ viewport: PHONE, timezoneId: "UTC" });
  await context.addInitScript(() => delete Intl.supportedValuesOf);
  const page = await context.newPage();
  await signIn(page, server, who);
  await until(() => isKept(page), "who is signed in to be on the device");
  await openSettings(page);
  const zone = page.getByLabel("Time zone");
  await zone.fill("Europe/Nowhere");
  await zone.press("Tab");
  await page.getByText("This time zone is not known.").waitFor();
  assert.doesNotMatch(await page.locator("main").innerText(), /\$\./);
  await zone.fill("Europe/Vienna");
  await zone.press("Tab");
  await saved(page);
  assert.equal((await profileOf(who)).time_zone, "Europe/Vienna");
  await context.close();
});

test("days are the account's wherever the device is; the difference is said once", async () => {
  const who = await account(server, { time_zone: "America/Los_Angeles" });
  // 23:30 of the last of April in California; in Tokyo it is long the first of May.
  await api(server, who, "/api/rucks", json("POST", { is_manual: true, status: "completed", title: "Late", start_time: "2024-05-01T06:30:00Z", distance_km: 5, duration_seconds: 3600, ruck_weight_kg: 10 }));
  const { context, page } = await signedIn(who, { timezoneId: "Asia/Tokyo", locale: "en-GB" });
  const notice = page.locator(".notice.zone");
  await notice.waitFor();
  assert.match(await notice.innerText(), /counted in America\/Los Angeles\. This device is in Asia\/Tokyo\./);
  await page.goto(`${server.url}/rucks`);
  await page.getByText("30 Apr 2024").waitFor();
  await page.getByRole("link", { name: /Late/ }).click();
  await page.getByText(/30 April 2024, 23:30/).waitFor();
  await page.goto(`${server.url}/rucks`);
  await page.getByLabel("To", { exact: true }).fill("2024-04-30");
  await page.getByRole("link", { name: /Late/ }).waitFor();
  await page.getByLabel("From", { exact: true }).fill("2024-04-30");
  await page.getByRole("link", { name: /Late/ }).waitFor();

  // Left as it is, it is not asked again.
  await notice.getByRole("button", { name: "Leave it" }).click();
  await notice.waitFor({ state: "detached" });
  await page.goto(`${server.url}/`);
  await page.getByRole("link", { name: /Late/ }).waitFor();
  assert.equal(await notice.count(), 0);
  await context.close();

  // Changed by a tap, the same ruck is of the next day, on the server as well.
  const other = await signedIn(who, { timezoneId: "Asia/Tokyo", locale: "en-GB" });
  await other.page.getByRole("button", { name: "Count in Asia/Tokyo" }).click();
  await other.page.locator(".notice.zone").waitFor({ state: "detached" });
  assert.equal((await profileOf(who)).time_zone, "Asia/Tokyo");
  await other.page.getByText("1 May 2024").waitFor();
  assert.equal((await api(server, who, "/api/rucks?start_date=2024-05-01")).length, 1);
  await other.context.close();
});

test("the calendar counts a ruck where the server does", async () => {
  const who = await account(server, { time_zone: "America/Los_Angeles" });
  const today = new Intl.DateTimeFormat("sv-SE", { timeZone: "America/Los_Angeles" }).format(Date.now());
  // An hour before the month ends there; behind it, for Tokyo, is another month.
  const last = new Date(Date.UTC(Number(today.slice(0, 4)), Number(today.slice(5, 7)) - 1, 1) + 6.5 * 3_600_000);
  await api(server, who, "/api/rucks", json("POST", { is_manual: true, status: "completed", title: "Late", start_time: iso(last.getTime()), distance_km: 5, duration_seconds: 3600, ruck_weight_kg: 10 }));
  const { context, page } = await signedIn(who, { timezoneId: "Asia/Tokyo", locale: "en-GB" });
  await page.goto(`${server.url}/rucks`);
  await page.getByRole("button", { name: "Calendar" }).click();
  await page.getByRole("button", { name: "Previous month" }).click();
  const day = page.locator("button.day");
  await day.waitFor();
  const lastOfMonth = new Date(Date.UTC(Number(today.slice(0, 4)), Number(today.slice(5, 7)) - 1, 0)).getUTCDate();
  assert.equal(await day.innerText(), String(lastOfMonth));
  assert.match(await page.locator("[data-month-totals]").innerText(), /1 ruck/);
  await context.close();
});

test("the new fields and the notice: for everybody, in the dark, on the narrowest phone", async () => {
  const who = await account(server, { prefer_metric: false, time_zone: "America/Los_Angeles" });
  for (const viewport of [{ width: 320, height: 640 }, DESKTOP]) {
    const { context, page } = await signedIn(who, { viewport, colorScheme: "dark", timezoneId: "Asia/Tokyo" });
    const problems = [];
    await page.locator(".notice.zone").waitFor();
    await look(page, "home", problems);
    await openSettings(page);
    await page.getByLabel("Height (ft)").fill("2");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("From 2 ft 8 in").waitFor();
    await look(page, "settings", problems);
    assert.deepEqual(problems, []);
    await context.close();
  }
});

// ---- one's data ---------------------------------------------------------------------------------------

test("the export is a file with everything that it says is in it", async () => {
  const who = await account(server, { username: "Robin" });
  const [anna, bert, crook] = [await account(server, { username: "Anna" }), await account(server, { username: "Bert" }), await account(server, { username: "Crook" })];
  await follow(server, who, anna);
  await follow(server, bert, who);
  await api(server, who, `/api/users/${crook.id}/block`, json("POST"));
  await api(server, who, "/api/users/me/privacy-zones", json("POST", { name: "Home", latitude: 47.3, longitude: 11.4, radius_m: 200 }));
  const id = await ruckOf(server, who, { title: "Ridge", count: 700 });
  const heart = Array.from({ length: 900 }, (_, i) => ({ timestamp: iso(Math.round(Date.now() - 2 * DAY) + i * 1000), heart_rate: 120 }));
  await api(server, who, `/api/rucks/${id}/heart-rate-chunk`, json("POST", { heart_rate_samples: heart }));
  await api(server, bert, `/api/rucks/${id}/comments`, json("POST", { content: "Fine line." }));
  await api(server, bert, "/api/ruck-likes", json("POST", { ruck_id: id }));
  const live = await outNow(server, who, { count: 300 });
  await live.send(300);
  await api(server, bert, `/api/rucks/${live.id}/messages`, json("POST", { message: "Keep going!" }));
  await api(server, who, `/api/rucks/${live.id}/live/links`, json("POST"));

  const { context, page } = await signedIn(who, { viewport: DESKTOP });
  await openSettings(page);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export all data" }).click()]);
  assert.match(download.suggestedFilename(), /^rucks-\d{4}-\d\d-\d\d\.json$/);
  const all = JSON.parse(readFileSync(await download.path(), "utf8"));
  assert.equal(all.profile.email, who.email);
  assert.deepEqual(all.privacy_zones.map((zone) => zone.name), ["Home"]);
  assert.deepEqual(all.following.map((person) => person.username), ["Anna"]);
  assert.deepEqual(all.followers.map((person) => person.username), ["Bert"]);
  assert.deepEqual(all.blocked.map((person) => person.username), ["Crook"]);
  assert.deepEqual(all.follow_requests, []);
  assert.ok(all.signed_in.some((device) => device.is_current));
  assert.deepEqual(all.rucks.map((ruck) => ruck.id).sort(), [id, live.id].sort());
  const done = all.rucks.find((ruck) => ruck.id === id);
  assert.equal(done.location_points.length, 700);
  assert.equal(done.heart_rate.length, 900, "all samples, not the 400 of a chart");
  assert.equal(done.comments[0].content, "Fine line.");
  assert.equal(done.likes[0].user_display_name, "Bert");
  const underWay = all.rucks.find((ruck) => ruck.id === live.id);
  assert.equal(underWay.cheers[0].message, "Keep going!");
  assert.equal(underWay.share_links.length, 1);
  await page.getByText("2 rucks").waitFor();
  await context.close();
});

test("an account that is deleted is gone on the server and from this device", async () => {
  const who = await account(server, { username: "Fleeting" });
  await ruckOf(server, who, { title: "Once upon a hill", count: 300 });
  const { context, page } = await signedIn(who);
  await page.getByRole("link", { name: /Once upon a hill/ }).click();
  await page.getByRole("heading", { name: "Once upon a hill" }).waitFor();
  await openSettings(page);
  await page.getByRole("button", { name: "Delete account" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete account" }).click();
  await page.getByRole("heading", { name: /Carry weight/ }).waitFor();
  const reply = await fetch(`${server.url}/api/auth/login`, json("POST", { email: who.email, password: who.password }));
  assert.equal(reply.status, 403, "hidden, and gone in a week");
  const left = await page.evaluate(async () => {
    const kept = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })];
    const db = await new Promise((resolve, reject) => {
      const open = indexedDB.open("ruck", 1);
      open.onsuccess = () => resolve(open.result);
      open.onerror = () => reject(open.error);
    });
    for (const name of db.objectStoreNames) {
      const store = db.transaction(name).objectStore(name);
      for (const request of [store.getAll(), store.getAllKeys()]) {
        kept.push(JSON.stringify(await new Promise((resolve) => (request.onsuccess = () => resolve(request.result)))));
      }
    }
    db.close();
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) kept.push(request.url);
    }
    return kept.join("\n");
  });
  for (const trace of [who.id, who.email, "Fleeting", "Once upon a hill", "/api/"]) assert.ok(!left.includes(trace), `${trace} in ${left.slice(0, 500)}`);
  await context.close();
});

test("a device does not keep every ruck that was ever opened", async () => {
  const who = await account(server);
  const id = await ruckOf(server, who, { title: "The latest", count: 300 });
  const { context, page } = await signedIn(who);
  const replies = (write) =>
    page.evaluate(
      ([prefix, write]) =>
        new Promise((resolve, reject) => {
          const open = indexedDB.open("ruck", 1);
          open.onerror = () => reject(open.error);
          open.onsuccess = () => {
            const tx = open.result.transaction("replies", "readwrite");
            const store = tx.objectStore("replies");
            for (let i = 0; i < write; i++) store.put({ at: i, body: {} }, `${prefix}/ruck-${i}`);
            const keys = store.getAllKeys();
            tx.oncomplete = () => {
              open.result.close();
              resolve(keys.result);
            };
          };
        }),
      [who.id, write],
    );
  assert.ok((await replies(300)).length >= 300);
  await page.getByRole("link", { name: /The latest/ }).click();
  await page.getByRole("heading", { name: "The latest" }).waitFor();
  await until(async () => (await replies(0)).length === 200, "the bound");
  assert.ok((await replies(0)).includes(`${who.id}/ruck-${id}`), "what was opened last is there");
  await context.close();
});

test("a privacy zone that is half typed is not drawn, and its field says what is missing", async () => {
  const who = await account(server);
  await api(server, who, "/api/users/me/privacy-zones", json("POST", { name: "Home", latitude: 47.3, longitude: 11.4, radius_m: 200 }));
  const { context, page } = await signedIn(who, { viewport: DESKTOP });
  const thrown = [];
  page.on("pageerror", (error) => thrown.push(error.message));
  await page.goto(`${server.url}/settings/privacy`);
  await page.getByRole("button", { name: "Change Home" }).click();
  await page.locator(".grip").waitFor();
  const latitude = page.getByLabel("Latitude");
  await latitude.fill("");
  await page.getByText("A number from -90 to 90.").waitFor();
  assert.equal(await latitude.getAttribute("aria-invalid"), "true");
  await page.locator(".grip").waitFor({ state: "detached" });
  await latitude.fill("47.31");
  await page.locator(".grip").waitFor();
  await page.getByLabel("Longitude").fill("");
  await page.getByText("A number from -180 to 180.").waitFor();
  await page.locator(".grip").waitFor({ state: "detached" });
  await page.getByLabel("Longitude").fill("200");
  await page.getByText("A number from -180 to 180.").waitFor();
  await page.getByLabel("Longitude").fill("11.41");
  await page.getByRole("button", { name: "Save zone" }).click();
  await page.getByText("Home is hidden from now on").waitFor();
  const [zone] = (await api(server, who, "/api/users/me/privacy-zones")).data;
  assert.deepEqual([zone.latitude, zone.longitude], [47.31, 11.41]);
  assert.deepEqual(thrown, []);
  await context.close();
});
