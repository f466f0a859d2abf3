// Everybody can use it: axe finds nothing on any page in either theme, and the keyboard goes all the
// way from signing up to a finished ruck.
import assert from "node:assert/strict";
import { test } from "node:test";
import { look } from "./axe.mjs";
import { focusIs, tabTo } from "./keys.mjs";
import { browser, server } from "./stage.mjs";
import { DESKTOP, PHONE, account, api, madeTrack, openPhone, settled, signIn, sleep, startRuck, stat, sync, until, walk } from "./support.mjs";

for (const colorScheme of ["light", "dark"]) {
  for (const viewport of [PHONE, DESKTOP]) {
    test(`no violation on any page: ${colorScheme}, ${viewport.width} px`, async () => {
      const problems = [];
      const context = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce" });
      const begin = Date.now() - 2 * 3_600_000;
      const page = await openPhone(context, begin);
      for (const path of ["", "sign-up", "sign-in", "forgot-password", "reset-password?token=x", "reset-password", "about", "no/such/page", "clubs/1"]) {
        await page.goto(`${server.url}/${path}`);
        await page.getByRole("heading", { level: 1 }).waitFor();
        await look(page, path || "welcome", problems);
      }
      const who = await account(server);
      await signIn(page, server, who);
      await look(page, "empty home", problems);
      await page.goto(`${server.url}/record`);
      await page.getByRole("button", { name: "Start", exact: true }).waitFor();
      await look(page, "record, before", problems);
      await startRuck(page, server);
      await walk(page, madeTrack({ count: 420, start: begin + 1000 }));
      await settled(page);
      await page.getByRole("button", { name: "Show the map" }).click();
      await page.evaluate(() => globalThis.phone.fail(2));
      await look(page, "record, under way", problems);
      await page.getByRole("button", { name: "Finish" }).click();
      await look(page, "finish?", problems);
      await page.getByRole("dialog").getByRole("button", { name: "Finish" }).click();
      await page.getByRole("heading", { name: "Well done" }).waitFor();
      await look(page, "finished", problems);
      await until(async () => (await sync(page)) === "saved", "the ruck to arrive");
      const [ruck] = await api(server, who, "/api/rucks");
      for (const path of ["", "rucks", `rucks/${ruck.id}`, "statistics", "profile", "settings", "settings/privacy", "about", "no/such/page", "events/1", "rucks/1"]) {
        await page.goto(`${server.url}/${path}`);
        await page.getByRole("heading", { level: 1 }).waitFor();
        await sleep(500);
        await look(page, path || "home", problems);
      }
      await page.goto(`${server.url}/rucks`);
      await page.getByRole("button", { name: "Calendar" }).click();
      await look(page, "calendar", problems);
      await page.goto(`${server.url}/rucks/${ruck.id}`);
      await page.getByRole("button", { name: "As others see it" }).click();
      await page.locator("[data-preview] .leaflet-container path").first().waitFor({ state: "attached" });
      await look(page, "as others see it", problems);
      await page.goto(`${server.url}/settings/privacy`);
      await page.getByRole("region", { name: "Map of what others see" }).scrollIntoViewIfNeeded();
      await page.locator("[data-preview] .leaflet-container path").first().waitFor({ state: "attached" });
      await page.getByRole("button", { name: "Add in the middle of the map" }).click();
      await page.getByRole("heading", { name: "New zone" }).waitFor();
      await look(page, "a new zone", problems);
      await page.getByLabel("Name, for you alone").fill("Home");
      await page.getByRole("button", { name: "Save zone" }).click();
      await page.getByText("Home is hidden from now on").waitFor();
      await look(page, "zones", problems);
      await page.goto(`${server.url}/statistics`);
      await page.getByText("As a table").click();
      await page.getByText("How to read it").click();
      await look(page, "load and form", problems);
      assert.deepEqual(problems, []);
      await context.close();
    });
  }
}

test("keyboard only: sign up, record, finish", async () => {
  const context = await browser.newContext({ viewport: PHONE });
  const begin = Date.now() - 2 * 3_600_000;
  const page = await openPhone(context, begin);
  await page.goto(server.url);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await tabTo(page, "Create an account");
  await page.keyboard.press("Enter");
  await focusIs(page, "Create an account"); // the new page's heading
  await tabTo(page, "Name");
  await page.keyboard.type("Kim");
  await tabTo(page, "E-mail");
  await page.keyboard.type(`kim${Date.now()}@example.org`);
  await tabTo(page, "Password");
  await page.keyboard.type("long enough");
  await tabTo(page, "km, kg");
  await page.keyboard.press("Space");
  await tabTo(page, "Create account");
  await page.keyboard.press("Enter");
  await focusIs(page, "Hello, Kim");
  await tabTo(page, "Start a ruck");
  await page.keyboard.press("Enter");
  await focusIs(page, "Record a ruck");
  await tabTo(page, "Load");
  for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowRight");
  await until(async () => (await page.locator('[data-stat="load"]').innerText()) === "12 kg", "the slider to move");
  await tabTo(page, "Start");
  await page.keyboard.press("Enter");
  await focusIs(page, "Pause");
  await walk(page, madeTrack({ count: 120, start: begin + 1000 }));
  await settled(page);
  assert.ok(Number(await stat(page, "distance")) > 0.3);
  await page.keyboard.press("Enter");
  await focusIs(page, "Go on");
  await page.keyboard.press("Enter");
  await focusIs(page, "Pause");
  await tabTo(page, "Finish");
  await page.keyboard.press("Enter");
  await tabTo(page, "Finish");
  await page.keyboard.press("Enter");
  await focusIs(page, "Well done");
  await tabTo(page, "Done");
  await page.keyboard.press("Enter");
  await focusIs(page, "Hello, Kim");
  await context.close();
});
