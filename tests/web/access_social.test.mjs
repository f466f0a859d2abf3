// The pages about others: axe finds nothing in either theme, and every state has its calm words.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { look } from "./axe.mjs";
import { aWorld, json, outNow } from "./people.mjs";
import { browser, server } from "./stage.mjs";
import { DESKTOP, PHONE, api, openPhone, settled, signIn, startRuck, until, walk, madeTrack } from "./support.mjs";

let world;
before(async () => {
  world = await aWorld(server);
});

for (const colorScheme of ["light", "dark"]) {
  for (const viewport of [PHONE, DESKTOP]) {
    test(`no violation on pages about others: ${colorScheme}, ${viewport.width} px`, async () => {
      const problems = [];
      const { me, anna, jonas, sam, pass } = world;
      const out = await outNow(server, anna);
      await out.send(400);
      const context = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce" });
      const page = await context.newPage();
      await signIn(page, server, me);
      await page.locator('[data-out="1"]').waitFor();
      await look(page, "home", problems);
      for (const path of ["feed", "feed?show=following", "people", `users/${anna.id}`, `users/${anna.id}/followers`, `users/${anna.id}/following`, `rucks/${pass}`, "rucks/1", "users/00000000-0000-7000-8000-000000000000"]) {
        await page.goto(`${server.url}/${path}`);
        await page.getByRole("heading", { level: 1 }).waitFor();
        await look(page, path, problems);
      }
      await page.goto(`${server.url}/people`);
      await page.getByLabel("Search by name").fill("a");
      await page.getByRole("list", { name: "Search by name" }).waitFor();
      await look(page, "people, found", problems);
      await page.getByRole("button", { name: "Blocked" }).click();
      await look(page, "people, blocked", problems);
      await page.goto(`${server.url}/users/${anna.id}`);
      await page.getByRole("button", { name: "Block", exact: true }).click();
      await look(page, "block?", problems);
      await page.goto(`${server.url}/rucks/${pass}`);
      await page.getByLabel("Write a comment").fill("Well walked!");
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByRole("button", { name: "Edit" }).first().click();
      await look(page, "comment, edited", problems);
      await page.getByRole("button", { name: "Cancel" }).click();
      await page.getByRole("button", { name: "Delete" }).first().click();
      await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
      await page.locator('[data-comments="3"]').waitFor();

      await page.goto(`${server.url}/rucks/${out.id}/live`);
      await page.locator("[data-live=live]").waitFor();
      await page.locator(".leaflet-container path.here").waitFor({ state: "attached" });
      await page.getByRole("button", { name: "Keep going!" }).click();
      await page.getByText(/Next cheer in/).waitFor();
      await look(page, "follow live", problems);

      // Signed out, by a link.
      const { data } = await api(server, anna, `/api/rucks/${out.id}/live/links`, json("POST", { hours: 6 }));
      const stranger = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce" });
      const theirs = await stranger.newPage();
      await theirs.goto(`${server.url}/live/${data.token}`);
      await theirs.locator("[data-live=live]").waitFor();
      await look(theirs, "share link", problems);
      await theirs.goto(`${server.url}/live/${"y".repeat(32)}`);
      await theirs.locator("[data-over]").waitFor();
      await look(theirs, "share link, over", problems);
      await stranger.close();

      // The rucker's side.
      const walker = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce" });
      const begin = Date.now() - 1_200_000;
      const phone = await openPhone(walker, begin);
      await signIn(phone, server, jonas);
      await startRuck(phone, server);
      await walk(phone, madeTrack({ count: 100, start: begin + 1000 }));
      await settled(phone);
      await phone.locator("[data-sync]").click();
      const active = await until(async () => (await api(server, jonas, "/api/rucks")).find((ruck) => ruck.status === "in_progress"), "the ruck on the server");
      await api(server, jonas, `/api/users/${sam.id}/follow`, json("DELETE")).catch(() => {});
      await api(server, sam, `/api/users/${jonas.id}/follow`, json("POST")).catch(() => {});
      await api(server, sam, `/api/rucks/${active.id}/messages`, json("POST", { message: "From the dunes: keep going!" })).catch(() => {});
      await phone.locator("[data-watching]").getByRole("button", { name: "Share live" }).click();
      await phone.getByRole("button", { name: "Make a link" }).click();
      await phone.locator("[data-share-url]").waitFor();
      await look(phone, "record, with company", problems);
      await phone.getByRole("button", { name: "Finish" }).click();
      await phone.getByRole("dialog").getByRole("button", { name: "Finish" }).click();
      await phone.getByRole("heading", { name: "Well done" }).waitFor();
      await until(async () => (await phone.locator("[data-sync]").getAttribute("data-sync")) === "saved", "the ruck to arrive");
      await walker.close();

      await out.finish();
      await page.locator('[data-over="ended"]').waitFor();
      await look(page, "follow live, over", problems);
      assert.deepEqual(problems, []);
      await context.close();
    });
  }
}
