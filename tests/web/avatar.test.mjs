// The picture beside a name: chosen, cut by hand or by keys, shown to others, removed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { look } from "./axe.mjs";
import { focusIs } from "./keys.mjs";
import { asFile, isDrawn, landscape } from "./photo_files.mjs";
import { browser, server } from "./stage.mjs";
import { DESKTOP, PHONE, account, api, signIn, until } from "./support.mjs";

const form = (page) => page.locator("[data-avatar-form]");
const choose = (page, file) => form(page).locator("input[type=file]").setInputFiles(file);
const area = (page) => page.locator("[data-crop] [role=application]");
const cut = (page) => area(page).evaluate(({ dataset }) => ({ x: Number(dataset.x), y: Number(dataset.y), side: Number(dataset.side) }));
const profileOf = (who) => api(server, who, "/api/users/profile");

async function atSettings(who, more = {}) {
  const context = await browser.newContext({ viewport: PHONE, reducedMotion: "reduce", ...more });
  const page = await context.newPage();
  await signIn(page, server, who);
  await page.goto(`${server.url}/settings`);
  await form(page).waitFor();
  return { context, page };
}

test("cut by keys, sent, seen by others, removed", async () => {
  const who = await account(server, { username: "Olga" });
  const other = await account(server, { username: "Finn" });
  const { context, page } = await atSettings(who);
  await choose(page, asFile(await landscape(browser, { width: 1600, height: 1000 })));
  await focusIs(page, "Part of the picture");
  assert.deepEqual(await cut(page), { x: 800, y: 500, side: 1000 }, "the middle of it");
  await page.keyboard.press("ArrowLeft");
  const moved = await cut(page);
  assert.ok(moved.x > 800 && moved.y === 500, "the picture goes left, and shows more of its right");
  for (let i = 0; i < 20; i++) await page.keyboard.press("Shift+ArrowLeft");
  assert.equal((await cut(page)).x, 1600 - 500, "not beyond its edge");
  for (let i = 0; i < 4; i++) await page.keyboard.press("+");
  const zoomed = await cut(page);
  assert.ok(zoomed.side < 700, `${zoomed.side} pixels`);
  await page.keyboard.press("-");
  assert.ok((await cut(page)).side > zoomed.side);
  await page.keyboard.press("ArrowUp");
  assert.ok((await cut(page)).y > 500);
  const sent = page.waitForRequest((request) => request.url().endsWith("/api/users/me/avatar") && request.method() === "POST");
  await page.getByRole("button", { name: "Use this" }).click();
  const body = (await sent).postDataBuffer();
  if (body) {
    const sof = body.indexOf(Buffer.from([0xff, 0xc0]));
    assert.deepEqual([body.readUInt16BE(sof + 5), body.readUInt16BE(sof + 7)], [800, 800], "a square of 800 pixels");
  }
  await page.getByText("Your picture is changed.").waitFor();
  await until(() => isDrawn(form(page).locator("img")), "the picture");
  assert.match((await profileOf(who)).avatar_url, /\/media\//);

  const theirs = await browser.newContext({ viewport: PHONE });
  const seen = await theirs.newPage();
  await signIn(seen, server, other);
  await seen.goto(`${server.url}/users/${who.id}`);
  await until(async () => (await seen.locator("main img").count()) > 0 && isDrawn(seen.locator("main img").first()), "others to see it");
  await theirs.close();

  await page.getByRole("button", { name: "Remove picture" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove picture" }).click();
  await page.getByText("Your picture is removed.").waitFor();
  assert.equal(await form(page).locator("img").count(), 0);
  assert.equal((await profileOf(who)).avatar_url ?? null, null);
  await context.close();
});

test("dragged, zoomed with a wheel, left as it was", async () => {
  const who = await account(server);
  const { context, page } = await atSettings(who, { viewport: DESKTOP });
  await choose(page, asFile(await landscape(browser, { width: 1000, height: 1600 })));
  await area(page).waitFor();
  const box = await area(page).boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 30, y - 60, { steps: 4 });
  await page.mouse.up();
  const moved = await cut(page);
  assert.equal(moved.x, 500, "there is no more of it at the sides");
  assert.ok(moved.y > 800 + 150, `dragged up: ${moved.y}`);
  await page.mouse.wheel(0, -400);
  await until(async () => (await cut(page)).side < 700, "the wheel to zoom");
  await page.getByLabel("Zoom").fill("1");
  assert.equal((await cut(page)).side, 1000);
  await page.keyboard.press("Escape");
  await page.locator("[data-crop]").waitFor({ state: "detached" });
  assert.equal((await profileOf(who)).avatar_url ?? null, null);
  await context.close();
});

test("two fingers make it larger", async () => {
  const who = await account(server);
  const { context, page } = await atSettings(who, { hasTouch: true, isMobile: true });
  await choose(page, asFile(await landscape(browser)));
  await area(page).waitFor();
  const box = await area(page).boundingBox();
  const touch = await context.newCDPSession(page);
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const fingers = (apart) => [{ x: x - apart, y, id: 1 }, { x: x + apart, y, id: 2 }];
  const before = await cut(page);
  await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: fingers(30) });
  for (const apart of [40, 55, 70, 90]) await touch.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: fingers(apart) });
  await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  const after = await cut(page);
  assert.ok(after.side < before.side / 2, `${before.side} to ${after.side}`);
  assert.ok(Math.abs(after.x - before.x) < 60, "about the same middle");
  await context.close();
});

test("a file that no browser can open, an upload that is refused, a picture that does not come", async () => {
  const who = await account(server, { username: "Olga" });
  const { context, page } = await atSettings(who);
  await choose(page, asFile(Buffer.from("no picture"), "x.jpg"));
  await page.getByText("This browser cannot open this file").waitFor();
  await page.route(/me\/avatar/, (route) => route.fulfill({ status: 400, contentType: "application/json", body: JSON.stringify({ error: "invalid_input", message: "The picture has too many pixels." }) }));
  await choose(page, asFile(await landscape(browser)));
  await page.getByRole("button", { name: "Use this" }).click();
  await page.getByText("The picture has too many pixels.").waitFor();
  assert.equal(await area(page).count(), 1, "it can be tried again");
  await page.unroute(/me\/avatar/);
  await page.getByRole("button", { name: "Use this" }).click();
  await page.getByText("Your picture is changed.").waitFor();
  await context.close();

  const second = await browser.newContext({ viewport: PHONE, serviceWorkers: "block" });
  const later = await second.newPage();
  await later.route(/\/media\//, (route) => route.abort());
  await signIn(later, server, who);
  await later.goto(`${server.url}/settings`);
  await until(async () => (await form(later).locator(".avatar").innerText()) === "O", "the initials in its place");
  await second.close();
});

for (const [viewport, colorScheme] of [[PHONE, "dark"], [DESKTOP, "light"], [{ width: 320, height: 640 }, "dark"]]) {
  test(`axe finds nothing about the picture: ${viewport.width} px, ${colorScheme}`, async () => {
    const problems = [];
    const { context, page } = await atSettings(await account(server), { viewport, colorScheme });
    await choose(page, asFile(await landscape(browser)));
    await area(page).waitFor();
    await look(page, "crop", problems);
    await page.getByRole("button", { name: "Use this" }).click();
    await page.getByText("Your picture is changed.").waitFor();
    await look(page, "settings with a picture", problems);
    await page.goto(`${server.url}/profile`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await look(page, "profile", problems);
    assert.deepEqual(problems, []);
    await context.close();
  });
}
