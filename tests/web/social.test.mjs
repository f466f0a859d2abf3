// Feed, likes, comments, follows and blocks, as two people use them; what is private stays so, and
// what the server does not take is undone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { follow as followed, json, ruckOf as recorded, showLive } from "./people.mjs";
import { browser, server } from "./stage.mjs";
import { DESKTOP, PHONE, account, api, signIn, sleep, until } from "./support.mjs";

const follow = (who, whom) => followed(server, who, whom);
const ruckOf = (who, more) => recorded(server, who, more);
async function signedIn(who, viewport = PHONE, more = {}) {
  const context = await browser.newContext({ viewport, ...more });
  const page = await context.newPage();
  await signIn(page, server, who);
  return { context, page };
}
const like = (page, ruck) => page.locator(`[data-ruck="${ruck}"]`).getByRole("button", { name: "Like" });

test("the feed: lists, a thumbnail of the visible line, likes that are undone when they fail, pages", async () => {
  const anna = await account(server, { username: "Anna" });
  const bert = await account(server, { username: "Bert" });
  const kim = await account(server, { username: "Kim" });
  await follow(kim, anna);
  const annas = await ruckOf(anna, { title: "Over the pass", count: 1500, seed: 3 });
  const berts = await ruckOf(bert, { title: "Far from here", lat: 52.1, lng: 5.2, seed: 4 });
  const { context, page } = await signedIn(kim, PHONE, { geolocation: { latitude: 47.305, longitude: 11.405 }, permissions: ["geolocation"] });
  await page.getByRole("link", { name: "Buddies" }).click();
  await page.locator(`[data-ruck="${berts}"]`).waitFor();
  assert.equal(await page.locator("[data-ruck]").count(), 2);
  const d = await page.locator(`[data-ruck="${annas}"] svg path.way`).getAttribute("d");
  assert.ok(d.split("L").length > 10, "a line, not a dash");

  // Following, nearby, longest.
  await page.getByRole("button", { name: "Following", exact: true }).click();
  await until(async () => (await page.locator("[data-ruck]").count()) === 1, "hers alone");
  await page.getByRole("button", { name: "Nearby" }).click();
  await page.locator(`[data-ruck="${annas}"]`).waitFor();
  assert.equal(await page.locator(`[data-ruck="${berts}"]`).count(), 0, "the other is 600 km away");
  await page.getByRole("button", { name: "Longest" }).click();
  await until(async () => (await page.locator("[data-ruck]").count()) === 2, "both");
  assert.equal(await page.locator("[data-ruck]").first().getAttribute("data-ruck"), String(annas));

  // A like is shown at once; the server has it.
  await like(page, annas).click();
  assert.equal(await like(page, annas).getAttribute("aria-pressed"), "true");
  await until(async () => (await api(server, anna, `/api/ruck-likes?ruck_id=${annas}`)).data.length === 1, "the like");
  // Without a network it is shown, then taken back, and said so.
  await context.setOffline(true);
  await like(page, berts).click();
  await page.locator("[data-toast]").waitFor();
  assert.equal(await like(page, berts).getAttribute("aria-pressed"), "false");
  assert.equal(await like(page, berts).getAttribute("data-likes"), "0");
  await context.setOffline(false);
  await like(page, annas).click();
  await until(async () => (await api(server, anna, `/api/ruck-likes?ruck_id=${annas}`)).data.length === 0, "no like");
  await context.close();
});

test("rucks near of which nothing may be seen are in no page of the list", async () => {
  const anna = await account(server, { username: "Anna" });
  const kim = await account(server, { username: "Kim" });
  const [lat, lng] = [63.4, 10.4];
  await api(server, anna, "/api/users/me/privacy-zones", json("POST", { name: "Home", latitude: lat, longitude: lng, radius_m: 500 }));
  const long = await ruckOf(anna, { title: "Long one", count: 1500, daysAgo: 5, lat, lng });
  for (let i = 0; i < 11; i++) await ruckOf(anna, { title: `Round the house ${i}`, count: 150, daysAgo: 1 + i * 0.1, seed: i, lat, lng });
  const first = await api(server, kim, `/api/ruck-buddies?per_page=10&sort_by=proximity_asc&latitude=${lat}&longitude=${lng}`);
  assert.deepEqual([first.ruck_sessions.length, Boolean(first.meta.next_cursor)], [1, false], "the one that is seen in part");
  const context = await browser.newContext({ geolocation: { latitude: lat, longitude: lng }, permissions: ["geolocation"], locale: "en-GB" });
  const page = await context.newPage();
  await signIn(page, server, kim);
  await page.goto(`${server.url}/feed`);
  await page.getByRole("button", { name: "Nearby" }).click();
  await page.locator(`[data-ruck="${long}"]`).waitFor();
  await context.close();
});

test("the feed goes on page by page, and its first page is there without a network", async () => {
  const anna = await account(server, { username: "Anna" });
  const kim = await account(server, { username: "Kim" });
  await follow(kim, anna);
  for (let i = 0; i < 12; i++) await ruckOf(anna, { title: `Walk ${i}`, count: 1000, seed: i + 20, daysAgo: 3 + i });
  const { context, page } = await signedIn(kim);
  await page.goto(`${server.url}/feed?show=following`);
  await until(async () => (await page.locator("[data-ruck]").count()) === 10, "the first page");
  await page.getByRole("button", { name: "Show more" }).click();
  await until(async () => (await page.locator("[data-ruck]").count()) === 12, "all");
  const ids = await page.locator("[data-ruck]").evaluateAll((all) => all.map((each) => each.dataset.ruck));
  assert.equal(new Set(ids).size, 12, "none twice");
  assert.equal(await page.getByRole("button", { name: "Show more" }).count(), 0);
  // On to another page and back, with the server away.
  await page.getByRole("link", { name: "Home" }).first().click();
  await page.getByRole("heading", { name: /Hello/ }).waitFor();
  await context.setOffline(true);
  await page.getByRole("link", { name: "Buddies" }).click();
  await page.getByRole("button", { name: "Following", exact: true }).click();
  await page.getByText(/No connection\. As it was/).waitFor();
  assert.equal(await page.locator("[data-ruck]").count(), 10);
  await context.close();
});

test("comments: written, changed, deleted; others' are not one's own to change", async () => {
  const anna = await account(server, { username: "Anna" });
  const kim = await account(server, { username: "Kim" });
  const ruck = await ruckOf(anna, { title: "Lake and back" });
  await api(server, anna, `/api/rucks/${ruck}/comments`, json("POST", { content: "It rained." }));
  const { context, page } = await signedIn(kim, DESKTOP);
  await page.goto(`${server.url}/rucks/${ruck}`);
  await page.getByRole("heading", { name: "Lake and back" }).waitFor();
  await page.getByText("It rained.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Edit" }).count(), 0, "hers, not mine");
  assert.equal(await page.getByRole("button", { name: "Delete" }).count(), 0);
  // Figures as the server tells them to others: tenths and minutes, no heart, no exact seconds.
  const told = await api(server, kim, `/api/rucks/${ruck}/details`);
  assert.equal(await page.locator('[data-stat="distance"] .value').innerText(), told.distance_km.toFixed(1));
  assert.equal(await page.locator('[data-stat="energy"] .value').innerText(), String(told.calories_burned));

  const box = page.getByLabel("Write a comment");
  assert.ok(await page.getByRole("button", { name: "Send" }).isDisabled(), "nothing to send");
  await box.fill("x".repeat(600));
  assert.equal((await box.inputValue()).length, 500);
  await box.fill("  <b>Brave</b> of you!  ");
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator("[data-comment]").nth(1).waitFor();
  assert.equal(await page.locator("[data-comment]").nth(1).locator(".words").innerText(), "<b>Brave</b> of you!");
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Your comment").fill("Brave of you, Anna.");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Brave of you, Anna.").waitFor();
  assert.match(await page.locator("[data-comment]").nth(1).innerText(), /edited/);
  await page.getByRole("button", { name: "Like" }).click();
  await page.getByText("Liked by Kim").waitFor();

  // The owner sees both on her own page.
  const hers = await signedIn(anna);
  await hers.page.goto(`${server.url}/rucks/${ruck}`);
  await hers.page.getByText("Brave of you, Anna.").waitFor();
  await hers.page.getByText("Liked by Kim").waitFor();
  assert.ok(await hers.page.getByRole("heading", { name: "Along the way" }).count(), "her own chart");
  await hers.context.close();

  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await until(async () => (await page.locator("[data-comment]").count()) === 1, "it to go");
  assert.equal((await api(server, anna, `/api/rucks/${ruck}/comments`)).data.length, 1);
  await context.close();
});

test("people: search, follow, lists, block, unblock; a private profile says so", async () => {
  const anna = await account(server, { username: "Annabel" });
  const kim = await account(server, { username: "Kim" });
  const shy = await account(server, { username: "Shy Sam" });
  await api(server, shy, "/api/users/profile", json("PUT", { is_profile_private: true }));
  await showLive(server, anna);
  const ruck = await ruckOf(anna, { title: "Heavy hill" });
  const { context, page } = await signedIn(kim);
  await page.goto(`${server.url}/people`);
  await page.getByText("Nobody yet. Search for a name above.").waitFor();
  await page.getByLabel("Search by name").fill("annab");
  await page.locator(`a[href="/users/${anna.id}"]`).waitFor();
  await page.getByRole("button", { name: "Follow Annabel", exact: true }).click();
  await page.getByRole("button", { name: "Follow Annabel no longer" }).waitFor();
  await page.locator(`a[href="/users/${anna.id}"]`).first().click();
  await page.getByRole("heading", { name: "Annabel" }).waitFor();
  await page.getByText("Heavy hill").waitFor();
  await page.getByRole("link", { name: "1 Follower", exact: true }).click();
  await page.getByRole("heading", { name: "Followers of Annabel" }).waitFor();
  await page.locator('[data-person="Kim"]').waitFor();

  // She goes out: a badge where she is listed.
  const { id } = await api(server, anna, "/api/rucks", json("POST", { ruck_weight_kg: 12 }));
  await api(server, anna, `/api/rucks/${id}/start`, json("POST"));
  await page.goto(`${server.url}/people`);
  await page.locator('[data-person="Annabel"]').getByRole("link", { name: "Live", exact: true }).click();
  await page.getByRole("heading", { name: "Annabel is out" }).waitFor();
  await api(server, anna, `/api/rucks/${id}/complete`, json("POST"));

  // Blocked: neither is there for the other, and the ruck neither.
  await page.goto(`${server.url}/users/${anna.id}`);
  await page.getByRole("button", { name: "Block" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Block" }).click();
  await page.getByRole("heading", { name: "People" }).waitFor();
  await page.goto(`${server.url}/users/${anna.id}`);
  await page.getByRole("heading", { name: "Nobody here" }).waitFor();
  await page.goto(`${server.url}/rucks/${ruck}`);
  await page.getByRole("heading", { name: "No such ruck" }).waitFor();
  assert.ok(!(await page.locator("main").innerText()).includes("Heavy hill"));
  await page.goto(`${server.url}/people`);
  await page.getByRole("button", { name: "Blocked" }).click();
  await page.getByRole("button", { name: "Unblock Annabel" }).click();
  await page.getByText("Nobody. Whom you block").waitFor();
  await page.goto(`${server.url}/users/${anna.id}`);
  await page.getByRole("button", { name: "Follow Annabel", exact: true }).waitFor();

  await page.goto(`${server.url}/users/${shy.id}`);
  await page.getByText("This profile is private.").waitFor();
  assert.equal(await page.getByRole("button", { name: /Follow/ }).count(), 0, "it takes no new followers");
  await context.close();
});

test("a private ruck and one that never was look the same", async () => {
  const anna = await account(server, { username: "Anna" });
  const kim = await account(server, { username: "Kim" });
  const ruck = await ruckOf(anna, { title: "My secret" });
  const { context, page } = await signedIn(kim);
  await page.goto(`${server.url}/rucks/${ruck}`);
  await page.getByRole("heading", { name: "My secret" }).waitFor();
  await api(server, anna, `/api/rucks/${ruck}`, json("PATCH", { visibility: "private" }));
  const texts = [];
  // The first was kept on this device while it could be seen: it goes.
  for (const id of [ruck, 987654321]) {
    await page.goto(`${server.url}/rucks/${id}`);
    await page.getByRole("heading", { name: "No such ruck" }).waitFor();
    await sleep(300);
    texts.push(await page.locator("main").innerText());
  }
  assert.equal(texts[0], texts[1]);
  assert.ok(!texts[0].includes("My secret"));
  await context.close();
});

test("home: who is out now, and the latest of those one follows", async () => {
  const anna = await account(server, { username: "Anna" });
  const kim = await account(server, { username: "Kim" });
  await follow(kim, anna);
  await showLive(server, anna);
  await ruckOf(anna, { title: "Morning ruck" });
  const { context, page } = await signedIn(kim);
  await page.getByText("Nobody you follow is out just now.").waitFor();
  await page.getByText("Morning ruck").waitFor();
  const { id } = await api(server, anna, "/api/rucks", json("POST", { ruck_weight_kg: 12 }));
  await api(server, anna, `/api/rucks/${id}/start`, json("POST"));
  await page.reload();
  await page.getByRole("link", { name: /Anna, out since .*follow live/ }).click();
  await page.getByRole("heading", { name: "Anna is out" }).waitFor();
  // By keyboard alone: to a quick cheer, and sent.
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press("Tab");
    if ((await page.evaluate(() => document.activeElement?.textContent)) === "Nice pace!") break;
  }
  await page.keyboard.press("Enter");
  await page.getByText("Sent: Nice pace!").waitFor();
  assert.equal((await api(server, anna, `/api/rucks/${id}/messages`)).messages[0].message, "Nice pace!");
  await context.close();
});

test("a page that meets a busy server asks again when it was told to", async () => {
  const kim = await account(server, { username: "Kim" });
  const { context, page } = await signedIn(kim);
  let refused = 0;
  await page.route("**/api/ruck-buddies*", (route) =>
    ++refused > 2 ? route.continue() : route.fulfill({ status: 503, headers: { "Retry-After": "2" }, contentType: "application/json", body: JSON.stringify({ error: "overloaded", message: "The service is busy" }) }),
  );
  await page.goto(`${server.url}/feed`);
  await until(() => refused > 2, "another try");
  await page.locator("[data-ruck]").first().waitFor();
  await context.close();
});
