// What others see: zones made on the map and by keyboard, the owner's preview, what a stranger is
// really sent; who may see a ruck; load and form; devices that are signed out.
import assert from "node:assert/strict";
import { test } from "node:test";
import { browser, server } from "./stage.mjs";
import { PHONE, account, api, madeTrack, openPhone, settled, signIn, sleep, sync, until, walk } from "./support.mjs";

const DAY = 86_400_000;
const asGpx = (fixes) =>
  `<?xml version="1.0"?><gpx version="1.1" creator="t"><trk><name>Round the lake</name><trkseg>${fixes.map((f) => `<trkpt lat="${f.lat}" lon="${f.lng}"><ele>${f.alt}</ele><time>${new Date(f.t).toISOString()}</time></trkpt>`).join("")}</trkseg></trk></gpx>`;
async function importRuck(who, fixes, query = "") {
  const reply = await api(server, who, `/api/gpx/import?load_kg=15${query}`, { method: "POST", headers: { "Content-Type": "application/gpx+xml" }, body: asGpx(fixes) });
  return reply.ruck.id;
}
function metres(a, b) {
  const north = (b.lat - a.lat) * 111_195;
  const east = (b.lng - a.lng) * 111_195 * Math.cos((a.lat * Math.PI) / 180);
  return Math.hypot(north, east);
}
// Every position in an answer, whatever it is called there.
function positionsIn(tree, found = []) {
  if (Array.isArray(tree)) tree.forEach((item) => positionsIn(item, found));
  else if (tree && typeof tree === "object") {
    const lat = tree.lat ?? tree.latitude;
    const lng = tree.lng ?? tree.longitude;
    if (typeof lat === "number" && typeof lng === "number") found.push({ lat, lng });
    Object.values(tree).forEach((item) => positionsIn(item, found));
  }
  return found;
}
async function someone() {
  const who = await account(server);
  const context = await browser.newContext({ viewport: PHONE, reducedMotion: "reduce" });
  return { who, context };
}
// A long straight walk with a place in the middle of it.
const straight = (seed) => madeTrack({ count: 900, stepS: 5, seed, start: Date.now() - 2 * DAY });
async function answerOf(viewer, path) {
  const reply = await fetch(server.url + path, { headers: { Authorization: `Bearer ${viewer.token}` } });
  return { status: reply.status, body: await reply.json() };
}

test("a zone made on the map hides its points: in the preview and for a stranger", async () => {
  const { who, context } = await someone();
  const stranger = await account(server, { username: "Sasha" });
  const fixes = straight(21);
  const middle = fixes[Math.floor(fixes.length / 2)];
  const id = await importRuck(who, fixes);
  const before = positionsIn((await answerOf(stranger, `/api/rucks/${id}`)).body);
  assert.ok(before.some((p) => metres(p, middle) < 300), "at first the middle is shown");

  const page = await openPhone(context, null);
  await signIn(page, server, who);
  await page.goto(`${server.url}/settings/privacy`);
  const preview = page.locator("[data-preview]");
  await until(async () => Number(await preview.getAttribute("data-points")) > 100, "the preview to show the way");
  const pointsBefore = Number(await preview.getAttribute("data-points"));
  // The map shows all of the way; its middle is not far from the middle of the map. So: tap, then
  // put the numbers to the place exactly.
  const map = page.getByRole("region", { name: "Map of your zones and your latest rucks" });
  await map.locator("path").first().waitFor({ state: "attached" });
  const box = await map.boundingBox();
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await page.getByRole("heading", { name: "New zone" }).waitFor();
  const tapped = { lat: Number(await page.getByLabel("Latitude").inputValue()), lng: Number(await page.getByLabel("Longitude").inputValue()) };
  assert.ok(metres(tapped, middle) < 5000, "the zone lies where the map was tapped");
  // Dragged: the numbers go with it.
  const grip = await map.locator(".grip").boundingBox();
  await page.mouse.move(grip.x + 22, grip.y + 22);
  await page.mouse.down();
  await page.mouse.move(grip.x + 62, grip.y + 42, { steps: 5 });
  await page.mouse.up();
  assert.ok(Number(await page.getByLabel("Longitude").inputValue()) > tapped.lng, "dragged to the east");
  assert.ok(Number(await page.getByLabel("Latitude").inputValue()) < tapped.lat, "and to the south");
  await page.getByLabel("Name, for you alone").fill("Home");
  await page.getByLabel("Latitude").fill(String(middle.lat));
  await page.getByLabel("Longitude").fill(String(middle.lng));
  await page.getByRole("button", { name: "Larger" }).click();
  assert.equal(await page.locator('[data-stat="radius"]').innerText(), "250 m");
  await page.getByRole("button", { name: "Save zone" }).click();
  await page.getByText("Home is hidden from now on").waitFor();
  await until(async () => Number(await preview.getAttribute("data-points")) < pointsBefore - 10, "the preview to follow");

  // What is hidden is computed anew a moment after a change; until then nothing is shown at all.
  await until(async () => positionsIn((await answerOf(stranger, `/api/rucks/${id}`)).body).length > 10, "the rest to be shown again");
  for (const path of [`/api/rucks/${id}`, `/api/rucks/${id}/details`, "/api/ruck-buddies?per_page=50"]) {
    const seen = positionsIn((await answerOf(stranger, path)).body);
    if (path.startsWith("/api/rucks")) assert.ok(seen.length > 10, `${path} shows the rest`);
    assert.deepEqual(seen.filter((p) => metres(p, middle) < 250), [], `${path} shows nothing of the zone`);
    assert.deepEqual(seen.filter((p) => metres(p, fixes[0]) < 120 || metres(p, fixes.at(-1)) < 120), [], `${path} hides the ends`);
  }
  const drawn = positionsIn((await answerOf(who, `/api/rucks/${id}/preview`)).body.data.ruck.route_pieces);
  assert.deepEqual(drawn.filter((p) => metres(p, middle) < 250), []);

  // On the ruck's own page: the switch shows the same, and rounded.
  await page.goto(`${server.url}/rucks/${id}`);
  await page.getByRole("button", { name: "As others see it" }).click();
  await until(async () => Number(await page.locator("[data-preview]").getAttribute("data-points")) === drawn.length, "the same line");
  const distance = (await page.locator('[data-stat="others-distance"] .value').innerText()).trim();
  assert.match(distance, /^\d+\.\d$/, "tenths of a kilometre");
  // And nothing that others never see: no chart, no splits, no heart rate, no notes.
  for (const name of ["Splits", "Along the way", "In detail", "Notes"]) {
    assert.equal(await page.getByRole("heading", { name }).count(), 0, `${name} is not for others`);
  }
  await page.getByRole("button", { name: "As you see it" }).click();
  await page.getByRole("heading", { name: "Splits" }).waitFor();
  await context.close();
});

test("zones by keyboard alone, and removed again", async () => {
  const { who, context } = await someone();
  await importRuck(who, straight(22));
  const page = await openPhone(context, null);
  await signIn(page, server, who);
  await page.goto(`${server.url}/settings/privacy`);
  await page.getByRole("region", { name: "Map of what others see" }).scrollIntoViewIfNeeded();
  await page.locator("[data-preview] path").first().waitFor({ state: "attached" });
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  await page.getByRole("button", { name: "Add in the middle of the map" }).focus();
  await press("Enter");
  await until(() => page.evaluate(() => document.activeElement?.labels?.[0]?.textContent === "Name, for you alone"), "the focus on the name");
  await page.keyboard.type("Work");
  await press("Tab", "Tab"); // past "smaller"
  await press("ArrowRight", "ArrowRight", "ArrowRight");
  assert.equal(await page.locator('[data-stat="radius"]').innerText(), "400 m");
  // The centre, step by step.
  const latitude = () => page.getByLabel("Latitude").inputValue().then(Number);
  const from = await latitude();
  await page.locator(".grip").focus();
  await press("ArrowUp", "ArrowUp", "Shift+ArrowUp");
  await until(async () => Math.abs((await latitude()) - from - 120 / 111_195) < 2e-6, "the centre to move 120 m north");
  await page.getByLabel("Longitude").focus();
  await press("Enter");
  await page.getByText("Work is hidden from now on").waitFor();
  const [zone] = (await api(server, who, "/api/users/me/privacy-zones")).data;
  assert.equal(zone.name, "Work");
  assert.equal(zone.radius_m, 400);
  assert.ok(Math.abs(zone.latitude - from - 120 / 111_195) < 2e-6);

  await page.getByRole("button", { name: "Change Work" }).focus();
  await press("Enter");
  await until(() => page.evaluate(() => document.activeElement?.labels?.[0]?.textContent === "Name, for you alone"), "the focus on the name");
  await press("Control+A");
  await page.keyboard.type("Office");
  await press("Enter");
  await page.getByText("Office is hidden from now on").waitFor();
  await page.getByRole("button", { name: "Delete Office" }).focus();
  await press("Enter");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).focus();
  await press("Enter");
  await page.getByText("Office is deleted. It stays hidden for 7 days.").waitFor();
  assert.deepEqual((await api(server, who, "/api/users/me/privacy-zones")).data, []);
  await context.close();
});

test("what is shown stays when the list of rucks comes anew", async () => {
  const { who, context } = await someone();
  await importRuck(who, straight(24));
  const page = await openPhone(context, null);
  await signIn(page, server, who);
  await page.goto(`${server.url}/settings/privacy`);
  const frame = page.locator("[data-preview] .map-frame");
  await frame.waitFor();
  await sleep(500); // the list is kept
  let answered = false;
  let letGo;
  const held = new Promise((resolve) => (letGo = resolve));
  await page.route("**/api/rucks?limit=*", async (route) => {
    await held;
    await route.continue();
  });
  page.on("requestfinished", (request) => (answered ||= request.url().includes("/details")));
  await page.goto(`${server.url}/settings/privacy`);
  await frame.waitFor();
  await frame.evaluate((element) => (element.dataset.mark = "same"));
  assert.equal(answered, false, "from what was kept");
  letGo();
  await until(() => answered, "the list to come");
  await sleep(500);
  assert.equal(await frame.getAttribute("data-mark"), "same");
  await context.close();
});

test("a zone at one's own position; denied, there is another way", async () => {
  const { who, context } = await someone();
  const page = await openPhone(context, null);
  await signIn(page, server, who);
  await page.goto(`${server.url}/settings/privacy`);
  await page.getByRole("button", { name: "Use my position" }).click();
  await until(() => page.evaluate(() => globalThis.phone.listeners === 1), "the page to ask");
  await page.evaluate(() => globalThis.phone.emit({ t: Date.now(), lat: 47.1234567, lng: 11.7654321 }));
  await page.getByRole("heading", { name: "New zone" }).waitFor();
  assert.equal(await page.getByLabel("Latitude").inputValue(), "47.123457");
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Use my position" }).click();
  await until(() => page.evaluate(() => globalThis.phone.listeners === 1), "the page to ask again");
  await page.evaluate(() => globalThis.phone.fail(1));
  await page.getByText("Your position cannot be had here").waitFor();
  await context.close();
});

test("who may see it: the default, at the start, at the finish, afterwards, and of imports", async () => {
  const { who, context } = await someone();
  const stranger = await account(server, { username: "Sasha" });
  const begin = Date.now() - 3_600_000;
  const page = await openPhone(context, begin);
  await signIn(page, server, who);
  await page.goto(`${server.url}/settings`);
  await page.getByLabel("New rucks may be seen by").selectOption("followers");
  await page.getByText("Saved.").waitFor();
  assert.equal((await api(server, who, "/api/users/profile")).default_visibility, "followers");

  await page.goto(`${server.url}/record`);
  const choice = page.getByLabel("Who may see it");
  assert.equal(await choice.inputValue(), "followers", "the default");
  await choice.selectOption("private");
  await page.getByText("Nobody but you can see it").waitFor();
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await walk(page, madeTrack({ count: 300, start: begin + 1000 }));
  await settled(page);
  await page.locator("[data-sync]").click();
  await until(async () => (await sync(page)) === "saved", "the walk to be sent");
  const [live] = await api(server, who, "/api/rucks");
  assert.equal(live.visibility, "private", "from the first point on");
  assert.equal((await answerOf(stranger, `/api/rucks/${live.id}`)).status, 404);
  await page.getByRole("button", { name: "Finish" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Finish" }).click();
  await page.getByRole("heading", { name: "Well done" }).waitFor();
  assert.equal(await choice.inputValue(), "private");
  await choice.selectOption("public");
  await page.getByRole("button", { name: "Done" }).click();
  await until(async () => (await api(server, who, "/api/rucks"))[0].visibility === "public", "the choice to arrive");
  await until(async () => (await sync(page)) === "saved", "the ruck to arrive");
  assert.equal((await answerOf(stranger, `/api/rucks/${live.id}`)).status, 200);

  await page.goto(`${server.url}/rucks/${live.id}`);
  await page.getByRole("button", { name: "Edit" }).click();
  const dialog = page.getByRole("dialog");
  assert.equal(await dialog.getByLabel("Who may see it").inputValue(), "public");
  await dialog.getByLabel("Who may see it").selectOption("followers");
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await until(async () => (await answerOf(stranger, `/api/rucks/${live.id}`)).status === 404, "the stranger to be out");

  await page.goto(`${server.url}/profile`);
  await page.getByLabel("Who may see it").selectOption("private");
  await page.locator("input[type=file]").setInputFiles({ name: "x.gpx", mimeType: "application/gpx+xml", buffer: Buffer.from(asGpx(straight(23))) });
  await page.getByText("1 file imported").waitFor();
  const imported = (await api(server, who, "/api/rucks")).find((ruck) => ruck.is_manual);
  assert.equal(imported.visibility, "private");
  await context.close();
});

test("load and form: the reference's numbers, the sentence, the table", async () => {
  const { who, context } = await someone();
  const today = new Date().toISOString().slice(0, 10);
  for (let ago = 41; ago >= 0; ago--) {
    const day = new Date(Date.parse(`${today}T00:00:01Z`) - ago * DAY).toISOString();
    await api(server, who, "/api/rucks", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ is_manual: true, status: "completed", start_time: day, distance_km: 2, duration_seconds: 1200, ruck_weight_kg: 10, perceived_exertion: 5 }) });
  }
  const page = await openPhone(context, null);
  await signIn(page, server, who);
  await page.goto(`${server.url}/statistics`);
  const card = page.locator("[data-reading]");
  await card.locator("[data-stat=fitness] dd").waitFor();
  const figure = (name) => card.locator(`[data-stat="${name}"] dd`).innerText();
  // 100 a day for 42 days (science §5.1): 63.21, 99.75; the day before 62.3 - 99.7.
  assert.equal(await figure("fitness"), "63");
  assert.equal(await figure("fatigue"), "100");
  assert.equal(await figure("form"), "-37");
  assert.equal(await figure("day-load"), "100");
  assert.equal(await card.getAttribute("data-reading"), "steady", "the same every day is as usual");
  await card.getByText("As usual.").waitFor();
  await card.getByText("Last seven days: 700, 0 % against the seven before.").waitFor();
  await card.locator("canvas").waitFor();
  await card.getByText("As a table").click();
  const first = await card.locator("tbody tr").first().locator("td").allInnerTexts();
  assert.deepEqual(first, ["700", "63", "100", "-37"]);
  await card.getByRole("button", { name: "Pack" }).click();
  await until(async () => (await figure("day-load")) === "20", "10 kg over 2 km");
  await context.close();
});

test("a device that is signed out elsewhere has ended", async () => {
  const { who, context } = await someone();
  const lostContext = await browser.newContext({ viewport: PHONE, userAgent: "Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0" });
  const page = await openPhone(context, null);
  await signIn(page, server, who);
  const lost = await openPhone(lostContext, null);
  await signIn(lost, server, who);
  await page.goto(`${server.url}/settings`);
  const devices = page.locator("section", { has: page.getByRole("heading", { name: "Where you are signed in" }) });
  await devices.getByText("This device").waitFor();
  // This one, the lost one, and the test's own.
  await until(async () => (await devices.locator("li").count()) === 3, "three devices");
  await devices.getByRole("button", { name: "Sign out Firefox on Android" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
  await devices.getByText("Firefox on Android is signed out.").waitFor();
  await until(async () => (await devices.locator("li").count()) === 2, "it to leave the list");
  // It does not know yet; whatever it asks next tells it.
  await lost.getByRole("link", { name: "Statistics" }).click();
  await lost.getByText("Your sign-in has ended.").waitFor();
  await devices.getByRole("button", { name: "Sign out everywhere else" }).click();
  await page.getByRole("dialog").getByLabel("Your password now").fill(who.password);
  await page.getByRole("dialog").getByRole("button", { name: "Sign out everywhere else" }).click();
  await devices.getByText("1 device is signed out.").waitFor();
  assert.equal((await answerOf(who, "/api/users/profile")).status, 401, "the test's own token too");
  await page.goto(`${server.url}/statistics`);
  await page.getByRole("heading", { name: "Your records" }).waitFor();
  await sleep(500);
  assert.equal(await page.getByText("Your sign-in has ended.").count(), 0, "this device stays");
  await context.close();
  await lostContext.close();
});

test("history: dates narrow the list, and the month has its totals", async () => {
  const { who, context } = await someone();
  const enter = (day, km) => api(server, who, "/api/rucks", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ is_manual: true, status: "completed", title: `${km} km`, start_time: `${day}T10:00:00Z`, distance_km: km, duration_seconds: km * 720, ruck_weight_kg: 10, elevation_gain_m: 10 * km }) });
  const now = new Date();
  // Of this month perhaps no morning is over yet.
  const lastMonth = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 15)).toISOString().slice(0, 10);
  await enter("2024-05-03", 5);
  await enter("2024-05-09", 7);
  await enter(lastMonth, 10);
  const page = await openPhone(context, null);
  await signIn(page, server, who);
  await page.goto(`${server.url}/rucks`);
  const rows = page.locator("ul.list li");
  await until(async () => (await rows.count()) === 3, "all of them");
  await page.getByLabel("From", { exact: true }).fill("2024-05-01");
  await page.getByLabel("To", { exact: true }).fill("2024-05-05");
  await until(async () => (await rows.count()) === 1, "the one of those days");
  await page.getByRole("button", { name: "Clear filters" }).click();
  await until(async () => (await rows.count()) === 3, "all of them again");
  await page.getByRole("button", { name: "Calendar" }).click();
  await page.getByRole("button", { name: "Previous month" }).click();
  await until(async () => /^1 ruck · 10\.00 km · 2 h · 100 m climb/.test(await page.locator("[data-month-totals]").innerText()), "the month's totals");
  await context.close();
});

test("history: the oldest ruck is reached, however many came after it", async () => {
  const { who, context } = await someone();
  const rucks = 230;
  for (let i = 0; i < rucks; i++) {
    const start_time = new Date(Date.now() - (i + 1) * DAY).toISOString();
    await api(server, who, "/api/rucks", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ is_manual: true, status: "completed", title: `Number ${i}`, start_time, distance_km: 3, duration_seconds: 2000, ruck_weight_kg: 10 }) });
  }
  const page = await openPhone(context, null);
  await signIn(page, server, who);
  await page.goto(`${server.url}/rucks`);
  const rows = page.locator("ul.list li");
  for (let seen = 50; seen < rucks; seen += 50) {
    await until(async () => (await rows.count()) === seen, `${seen} of them`);
    await page.getByRole("button", { name: "Show more" }).click();
  }
  await until(async () => (await rows.count()) === rucks, "all of them");
  await page.getByText(`Number ${rucks - 1}`, { exact: true }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Show more" }).count(), 0);
  await context.close();
});
