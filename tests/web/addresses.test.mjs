// Addresses that somebody opens, comes back to or loads again: what was asked for is what is shown.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./app_modules.mjs";
import { json, ruckOf } from "./people.mjs";
import { browser, server } from "./stage.mjs";
import { PHONE, account, api, signIn, until } from "./support.mjs";

const DAY = 86_400_000;

async function newPage() {
  const context = await browser.newContext({ viewport: PHONE, reducedMotion: "reduce" });
  return { context, page: await context.newPage() };
}
async function fillIn(page, who) {
  await page.getByLabel("E-mail").fill(who.email);
  await page.getByLabel("Password").fill(who.password);
  await page.getByRole("button", { name: "Sign in" }).click();
}
const addressOf = (page) => page.evaluate(() => location.pathname + location.search);
const isAt = (page, address) => until(async () => (await addressOf(page)) === address, `the address ${address}`);
const enter = (who, more) =>
  api(server, who, "/api/rucks", json("POST", { is_manual: true, status: "completed", distance_km: 3, duration_seconds: 2000, ruck_weight_kg: 10, ...more }));

// ---- signing in on the way ------------------------------------------------------------------------

test("who opens a ruck signed out comes to it by signing in", async () => {
  const who = await account(server);
  const ruck = await ruckOf(server, who, { title: "Asked for", count: 300 });
  const { context, page } = await newPage();
  await page.goto(`${server.url}/rucks/${ruck}?to=comments`);
  await fillIn(page, who);
  await page.getByRole("heading", { name: "Asked for" }).waitFor();
  assert.equal(await addressOf(page), `/rucks/${ruck}?to=comments`);
  await context.close();
});

test("what was asked for is also reached by way of a new account, and of a forgotten password", async () => {
  const who = await account(server);
  const { context, page } = await newPage();
  await page.goto(`${server.url}/statistics?by=yearly`);
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await page.getByRole("heading", { name: "Forgot password" }).waitFor();
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByRole("heading", { name: "Create an account" }).waitFor();
  await page.reload();
  await page.getByLabel("Name").fill("Kim");
  await page.getByLabel("E-mail").fill(`kim${Date.now()}@example.org`);
  await page.getByLabel("Password").fill("long enough");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Statistics" }).waitFor();
  await isAt(page, "/statistics?by=yearly");
  await context.close();

  // From the pages about accounts, and to an address that is not ours: home.
  for (const path of ["/sign-in", "/sign-in?to=//example.org/x", "/sign-in?to=https:%2F%2Fexample.org", "/sign-in?to=/sign-up", "/sign-in?to=javascript:alert(1)"]) {
    const { context, page } = await newPage();
    await page.goto(server.url + path);
    await fillIn(page, who);
    await page.getByRole("heading", { name: /Hello/ }).waitFor();
    await isAt(page, "/");
    assert.ok(page.url().startsWith(server.url));
    await context.close();
  }
});

test("only a page of this app is a place to go to after signing in", async () => {
  const { placeAfter } = await load("lib/arrival.ts");
  const origin = "https://ruck.example";
  for (const [asked, place] of [
    ["/rucks/7/live", "/rucks/7/live"],
    ["/rucks?load=10&view=calendar", "/rucks?load=10&view=calendar"],
    ["https://ruck.example/feed", "/feed"],
    ["/", "/"],
    [null, "/"],
    ["", "/"],
    ["https://elsewhere.example/rucks", "/"],
    ["//elsewhere.example/rucks", "/"],
    ["/\\elsewhere.example/rucks", "/"],
    ["\\\\elsewhere.example", "/"],
    ["/\t/elsewhere.example", "/"],
    ["https://ruck.example@elsewhere.example/", "/"],
    ["http://[", "/"],
    ["javascript:alert(1)", "/"],
    ["data:text/html,x", "/"],
    ["/.//elsewhere.example", "/"],
    ["/api/auth/logout", "/"],
    ["/sign-in?to=/rucks", "/"],
    ["/sign-up", "/"],
    ["/forgot-password", "/"],
    ["/reset-password?token=x", "/"],
  ]) {
    assert.equal(placeAfter(asked, origin), place, String(asked));
  }
});

// ---- back to a list -------------------------------------------------------------------------------

test("history: filters, pages and the place in the list are there again after Back and a reload", async () => {
  const who = await account(server);
  for (let i = 0; i < 130; i++) {
    const start_time = new Date(Date.now() - (i + 1) * DAY).toISOString();
    await enter(who, { title: `Number ${i}`, start_time, ruck_weight_kg: i % 10 === 0 ? 5 : 12 });
  }
  const { context, page } = await newPage();
  await signIn(page, server, who);
  await page.getByRole("link", { name: "Rucks", exact: true }).click();
  const rows = page.locator("ul.list li");
  const counted = (n) => until(async () => (await rows.count()) === n, `${n} rows`);
  await counted(50);
  await page.getByLabel("Load").selectOption({ index: 1 });
  await page.getByRole("button", { name: "Clear filters" }).waitFor();
  await until(async () => (await page.getByText("Number 10", { exact: true }).count()) === 0, "the light ones to go");
  await page.getByRole("button", { name: "Show more" }).click();
  await counted(100);
  await page.getByRole("button", { name: "Show more" }).click();
  await counted(117);
  const row = page.getByText("Number 118", { exact: true });
  await row.scrollIntoViewIfNeeded();
  const place = () => page.evaluate(() => Math.round(scrollY));
  const before = await place();
  assert.ok(before > 4000, "far down");
  const isBack = async (how) => {
    await counted(117);
    await until(async () => Math.abs((await place()) - before) < 60, `the place in the list ${how}: ${before}, not ${await place()}`);
    assert.ok(await row.isVisible());
    assert.equal(await page.getByLabel("Load").locator("option:checked").innerText(), "10 kg and more");
  };
  await row.click();
  await page.getByRole("heading", { name: "Number 118" }).waitFor();
  assert.ok((await place()) < 200, "a new page begins at its top");
  await page.goBack();
  await isBack("after Back");
  await page.reload();
  await isBack("after a reload");
  // The page's own way back is the same way.
  await row.click();
  await page.getByRole("heading", { name: "Number 118" }).waitFor();
  await page.locator("main").getByRole("link", { name: "Rucks" }).click();
  await isBack("by the link back");

  // The link in the bar is the page as it begins; other filters begin with their first page.
  await page.getByRole("navigation").getByRole("link", { name: "Rucks" }).click();
  await counted(50);
  assert.equal(await addressOf(page), "/rucks");
  assert.equal(await page.getByRole("button", { name: "Clear filters" }).count(), 0);
  await page.goBack();
  await counted(117);
  await page.getByRole("button", { name: "Clear filters" }).click();
  await isAt(page, "/rucks");
  await counted(50);
  await page.getByRole("button", { name: "Show more" }).click();
  await counted(100);
  await page.getByRole("navigation").getByRole("link", { name: "Rucks" }).click();
  await counted(50);
  await context.close();
});

test("history: the month and the day that were looked at are there again", async () => {
  const who = await account(server);
  const date = new Date();
  date.setMonth(date.getMonth() - 2, 9);
  await enter(who, { title: "Two months ago", start_time: date.toISOString() });
  const { context, page } = await newPage();
  await signIn(page, server, who);
  await page.goto(`${server.url}/rucks`);
  await page.getByRole("button", { name: "Calendar" }).click();
  await page.getByRole("button", { name: "Previous month" }).click();
  await page.getByRole("button", { name: "Previous month" }).click();
  await page.locator("button.day").click();
  const month = await page.locator("#month").innerText();
  await page.getByText("Two months ago").click();
  await page.getByRole("heading", { name: "Two months ago" }).waitFor();
  for (const comeBack of [() => page.goBack(), () => page.reload()]) {
    await comeBack();
    await page.locator("button.day").waitFor();
    assert.equal(await page.locator("#month").innerText(), month);
    assert.equal(await page.locator("button.day").getAttribute("aria-pressed"), "true");
    assert.equal(await page.getByRole("button", { name: "Calendar" }).getAttribute("aria-pressed"), "true");
  }
  await context.close();
});

test("history: an address that says nonsense is the page as it begins", async () => {
  const who = await account(server);
  await enter(who, { title: "The only one", start_time: new Date(Date.now() - DAY).toISOString() });
  const { context, page } = await newPage();
  await signIn(page, server, who);
  await page.goto(`${server.url}/rucks?view=moon&km=-5&load=much&since=yesterday&until=2026-99&month=13-13&day=x&pages=1e9`);
  await page.getByText("The only one").waitFor();
  await page.getByRole("button", { name: "Calendar" }).click();
  const thisMonth = new Intl.DateTimeFormat("en", { month: "long", year: "numeric" }).format(new Date());
  assert.equal(await page.locator("#month").innerText(), thisMonth);
  await page.goto(`${server.url}/statistics?by=moon&back=-3&of=steps`);
  await page.locator("#range", { hasText: /\d{4}/ }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Week", exact: true }).getAttribute("aria-pressed"), "true");
  assert.ok(await page.getByRole("button", { name: "Later" }).isDisabled());
  await context.close();
});

test("statistics: period, time and measure are there again after Back and a reload", async () => {
  const who = await account(server);
  await enter(who, { title: "Long ago", start_time: new Date(Date.now() - 30 * DAY).toISOString() });
  const { context, page } = await newPage();
  await signIn(page, server, who);
  await page.goto(`${server.url}/statistics`);
  await page.getByRole("button", { name: "Year", exact: true }).click();
  await page.getByRole("button", { name: "Earlier" }).click();
  await page.getByRole("group", { name: "What the chart shows" }).getByRole("button", { name: "Time" }).click();
  const year = String(new Date().getFullYear() - 1);
  await until(async () => (await page.locator("#range").innerText()) === year, "last year");
  await page.getByRole("link", { name: "Home" }).first().click();
  await page.getByRole("heading", { name: /Hello/ }).waitFor();
  for (const comeBack of [() => page.goBack(), () => page.reload()]) {
    await comeBack();
    await until(async () => (await page.locator("#range").innerText()) === year, "last year again");
    assert.equal(await page.getByRole("button", { name: "Year", exact: true }).getAttribute("aria-pressed"), "true");
    assert.equal(await page.getByRole("group", { name: "What the chart shows" }).getByRole("button", { name: "Time" }).getAttribute("aria-pressed"), "true");
  }
  await context.close();
});

test("feed and people: how far it was read, and who was looked for, are there again", async () => {
  const who = await account(server);
  const friend = await account(server, { username: "Wanderer Wenzel" });
  for (let i = 0; i < 23; i++) await ruckOf(server, friend, { title: `Walk ${i}`, count: 1000, daysAgo: i + 1 });
  const { context, page } = await newPage();
  await signIn(page, server, who);
  await page.getByRole("link", { name: "Buddies" }).click();
  const cards = page.locator("article");
  const more = page.getByRole("button", { name: "Show more" });
  await more.click();
  await page.getByText("Walk 15").waitFor();
  await more.click();
  const last = page.getByRole("link", { name: /Walk 22/ }).first();
  await last.scrollIntoViewIfNeeded();
  const count = await cards.count();
  const place = await page.evaluate(() => scrollY);
  assert.ok(place > 1000, `${place} px down`);
  await last.click();
  await page.getByRole("heading", { name: "Walk 22" }).waitFor();
  for (const comeBack of [() => page.goBack(), () => page.reload()]) {
    await comeBack();
    await until(async () => (await cards.count()) === count, `${count} cards`);
    await until(async () => Math.abs((await page.evaluate(() => scrollY)) - place) < 80, "the place in the feed");
  }

  await page.goto(`${server.url}/people`);
  await page.getByRole("searchbox").fill("wenzel");
  await page.getByRole("link", { name: /Wanderer Wenzel/ }).click();
  await page.getByRole("heading", { name: "Wanderer Wenzel" }).waitFor();
  await page.locator("main").getByRole("link", { name: "People" }).click();
  await page.getByRole("link", { name: /Wanderer Wenzel/ }).waitFor();
  assert.equal(await page.getByRole("searchbox").inputValue(), "wenzel");
  assert.equal(await addressOf(page), "/people", "a name is for no address bar");
  await context.close();
});

// ---- addresses of the phone app -------------------------------------------------------------------

test("addresses that the phone app shares are known, and say where to go on", async () => {
  const who = await account(server);
  const { context, page } = await newPage();
  const addresses = ["/clubs/12", "/events/0198c0de-0000-7000-8000-000000000000", "/auth/callback?code=secret", "/auth/redirect?to=x"];
  const check = async (way) => {
    for (const address of addresses) {
      // The browser's own question, whether to open the app, takes all clicks of its tab.
      const page = await context.newPage();
      const asked = [];
      page.on("request", (request) => asked.push(request.url() + (request.postData() ?? "")));
      await page.goto(server.url + address);
      await page.getByRole("heading", { level: 1, name: /phone app/ }).waitFor();
      assert.equal(await page.getByText("leads nowhere").count(), 0);
      const isSignIn = address.startsWith("/auth/");
      const opened = () => asked.filter((each) => !each.startsWith(server.url));
      if (isSignIn) await until(() => opened().length > 0, "the phone app to be asked for");
      const onward = address.startsWith("/auth/callback") ? ["com.getrucky.app://auth/callback?code=secret"] : ["com.getrucky.app://auth/callback"];
      assert.deepEqual(opened(), isSignIn ? onward : []);
      assert.ok(!asked.slice(1).some((each) => each.startsWith(server.url) && each.includes("secret")), "a code in the address goes to the app alone");
      await page.locator("main").getByRole("link", { name: way }).evaluate((link) => link.click());
      await page.getByRole("heading", { level: 1, name: way === "Home" ? /Hello/ : way }).waitFor();
      await page.close();
    }
  };
  await check("Sign in");
  await signIn(page, server, who);
  await check("Home");
  await page.goto(`${server.url}/clubs`);
  await page.getByRole("heading", { name: "No such page" }).waitFor();
  await context.close();
});
