// Pictures of every page, as a store would show them:  node screenshots.mjs FOLDER
// Phone and desktop, light and dark, of a person with a year of rucks behind her. Written as PNG with
// the pixels of a phone, so that letters are sharp.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { RuckServer, account, api, launch, madeTrack, movedTo, openPhone, realTrack, settled, signIn, sleep, startRuck, sync, until, walk } from "./support.mjs";

const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
const PHONE_SIZE = { width: 393, height: 852 };
const DESKTOP_SIZE = { width: 1280, height: 800 };
const DAY = 86_400_000;

function asGpx(fixes, name) {
  const points = fixes.map((f) => `<trkpt lat="${f.lat}" lon="${f.lng}">${f.alt === null ? "" : `<ele>${f.alt}</ele>`}<time>${new Date(f.t).toISOString()}</time>${f.bpm ? `<extensions><gpxtpx:TrackPointExtension xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v1"><gpxtpx:hr>${f.bpm}</gpxtpx:hr></gpxtpx:TrackPointExtension></extensions>` : ""}</trkpt>`);
  return `<?xml version="1.0"?><gpx version="1.1" creator="Ruck"><trk><name>${name}</name><trkseg>${points.join("")}</trkseg></trk></gpx>`;
}
// A heart that follows the hill.
const withHeart = (fixes) => fixes.map((f, i) => ({ ...f, bpm: Math.round(118 + 16 * Math.sin(i / 90 + 0.6) + 6 * Math.sin(i / 17)) }));

async function aYear(server, who) {
  const names = ["Morning ruck", "Ridge loop", "Lunch ruck", "Lake and back", "Heavy hill", "Long one", "After work", "Fog walk"];
  const today = Math.floor(Date.now() / DAY) * DAY;
  const days = [0.6, 2, 3, 5, 6, 9, 11, 13, 16, 18, 20, 23, 27, 30, 34, 37, 44, 51, 60, 72, 85, 99, 120, 140, 165, 190, 220, 250];
  for (const [i, ago] of days.entries()) {
    const length = [520, 900, 380, 1300, 640, 2100, 460, 760][i % 8];
    const fixes = withHeart(madeTrack({ count: length, stepS: 5, seed: i + 3, start: today - Math.floor(ago) * DAY - (ago < 1 ? 0 : 0) + (ago < 1 ? -DAY + 61_200_000 : 25_200_000), lat: 47.26 + i * 0.002, speed: 1.3 + (i % 5) * 0.06 }));
    await api(server, who, `/api/gpx/import?load_kg=${[12, 15, 10, 15, 25, 12, 15, 18][i % 8]}`, { method: "POST", headers: { "Content-Type": "application/gpx+xml" }, body: asGpx(fixes, names[i % 8]) });
  }
  const real = realTrack("hike-opentracks-geoid.gpx");
  if (real) await api(server, who, "/api/gpx/import?load_kg=14", { method: "POST", headers: { "Content-Type": "application/gpx+xml" }, body: asGpx(withHeart(movedTo(real, today - DAY + 28_800_000)), "Over the pass") });
}

const server = await RuckServer.start();
const browser = await launch();
const who = await account(server, { username: "Robin", gender: "female", date_of_birth: "1990-04-12", height_cm: 172 });
await aYear(server, who);
const rucks = await api(server, who, "/api/rucks?limit=50");
// Some rucks were rated; a phone and a tablet are signed in too; two places are hidden.
const asJson = (method, body) => ({ method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
for (const [i, ruck] of rucks.entries()) {
  await api(server, who, `/api/rucks/${ruck.id}/details`, asJson("PATCH", { perceived_exertion: [5, 6, 4, 7, 8, 6, 5, 3][i % 8] }));
}
for (const agent of ["Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/126.0.0.0 Mobile Safari/537.36", "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) Version/17.5 Safari/604.1"]) {
  await fetch(`${server.url}/api/auth/login`, { method: "POST", headers: { "Content-Type": "application/json", "User-Agent": agent }, body: JSON.stringify({ email: who.email, password: who.password }) });
}
const hillside = madeTrack({ count: 520, stepS: 5, seed: 3, lat: 47.26, speed: 1.3 });
const middle = hillside[260];
await api(server, who, "/api/users/me/privacy-zones", asJson("POST", { name: "Home", latitude: hillside[0].lat, longitude: hillside[0].lng, radius_m: 250 }));
await api(server, who, "/api/users/me/privacy-zones", asJson("POST", { name: "Work", latitude: middle.lat, longitude: middle.lng, radius_m: 200 }));
const shown = rucks.find((ruck) => ruck.title === "Over the pass") ?? rucks[0];

for (const [form, viewport] of Object.entries({ phone: PHONE_SIZE, desktop: DESKTOP_SIZE })) {
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ viewport, colorScheme, deviceScaleFactor: form === "phone" ? 2 : 1, reducedMotion: "reduce", locale: "en-GB", timezoneId: "UTC" });
    const begin = Date.now() - 3_600_000;
    const page = await openPhone(context, begin);
    await page.evaluate(() => {});
    const take = async (name) => {
      await sleep(700);
      await page.screenshot({ path: join(folder, `${name}-${form}-${colorScheme}.png`) });
    };
    await page.goto(server.url);
    await take("welcome");
    await page.goto(`${server.url}/sign-up`);
    await take("sign-up");
    await signIn(page, server, who);
    await page.evaluate(() => globalThis.phone.setTime(null));
    await take("home");
    await page.goto(`${server.url}/rucks/${shown.id}`);
    await page.locator(".leaflet-container path").first().waitFor({ state: "attached" });
    await take("ruck");
    await page.getByRole("heading", { name: "Along the way" }).scrollIntoViewIfNeeded();
    await page.evaluate(() => document.querySelector("#chart")?.closest("section")?.scrollIntoView({ block: "start" }));
    await take("ruck-chart");
    for (const [name, path] of [["history", "rucks"], ["statistics", "statistics"], ["profile", "profile"], ["settings", "settings"], ["about", "about"]]) {
      await page.goto(`${server.url}/${path}`);
      await take(name);
    }
    await page.goto(`${server.url}/rucks`);
    await page.getByRole("button", { name: "Calendar" }).click();
    await take("calendar");
    await page.goto(`${server.url}/rucks/${shown.id}`);
    await page.getByRole("button", { name: "As others see it" }).click();
    await page.locator("[data-preview] .leaflet-container path").first().waitFor({ state: "attached" });
    await take("ruck-others");
    await page.evaluate(() => document.querySelector("#zones, #detail")?.closest("section")?.scrollIntoView({ block: "start" }));
    await take("ruck-detail");
    await page.goto(`${server.url}/settings/privacy`);
    await page.locator(".leaflet-container path").first().waitFor({ state: "attached" });
    await take("privacy");
    await page.evaluate(() => document.querySelector("#others")?.closest("section")?.scrollIntoView({ block: "start" }));
    await page.locator("[data-preview] .leaflet-container path").first().waitFor({ state: "attached" });
    await take("privacy-others");
    await page.evaluate(() => scrollTo(0, 0));
    await page.getByRole("button", { name: "Change Home" }).click();
    await sleep(300);
    await page.evaluate(() => document.querySelector(".leaflet-container")?.scrollIntoView({ block: "start" }));
    await take("privacy-edit");
    await page.goto(`${server.url}/settings`);
    await page.getByRole("heading", { name: "Where you are signed in" }).waitFor();
    await page.evaluate(() => document.querySelector("#sharing")?.closest("section")?.scrollIntoView({ block: "start" }));
    await take("settings-devices");
    await page.goto(`${server.url}/statistics`);
    await page.locator("[data-reading] canvas").waitFor();
    await page.evaluate(() => document.querySelector("#training")?.closest("section")?.scrollIntoView({ block: "start" }));
    await take("training");
    await page.goto(`${server.url}/statistics`);
    await page.getByRole("button", { name: "Year" }).click();
    await take("statistics-year");
    await startRuck(page, server);
    await walk(page, madeTrack({ count: 900, start: begin + 1000 }));
    await settled(page);
    await page.locator("[data-sync]").click();
    await until(async () => (await sync(page)) === "saved", "the walk to be sent");
    await page.evaluate(() => scrollTo(0, 0));
    await take("record");
    await page.getByRole("button", { name: "Show the map" }).click();
    await page.locator(".leaflet-container path").first().waitFor({ state: "attached" });
    await page.evaluate(() => document.querySelector(".map-frame")?.scrollIntoView({ block: "center" }));
    await take("record-map");
    await page.getByRole("button", { name: "Finish" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Finish" }).click();
    await page.getByRole("heading", { name: "Well done" }).waitFor();
    await page.evaluate(() => scrollTo(0, 0));
    await take("finished");
    // Discarded again, so that the next pictures show the same rucks.
    await until(async () => (await sync(page)) === "saved", "the ruck to arrive");
    for (const ruck of await api(server, who, "/api/rucks?limit=3")) {
      if (!ruck.is_manual) await api(server, who, `/api/rucks/${ruck.id}`, { method: "DELETE" });
    }
    await context.close();
  }
}
await browser.close();
await server.stop();

const { takeSocial } = await import("./screenshots_social.mjs");
await takeSocial(folder);
const { takePhotos } = await import("./screenshots_photos.mjs");
await takePhotos(folder);
