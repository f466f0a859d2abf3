// A small phone, 320 px wide: no page goes sideways, and no figure touches its neighbour.
import assert from "node:assert/strict";
import { test } from "node:test";
import { json, ruckOf } from "./people.mjs";
import { browser, server } from "./stage.mjs";
import { account, api, signIn, sleep, until } from "./support.mjs";

const NARROW = { width: 320, height: 640 };
const HOUR = 3_600_000;

// Texts of figures that come nearer to each other than `apart` px, or leave their card; what makes the
// page scroll sideways.
const troubles = (page) =>
  page.evaluate(() => {
    const apart = 3;
    const found = [];
    const wide = document.documentElement.scrollWidth - innerWidth;
    if (wide > 0) found.push(`${wide} px too wide`);
    const inkOf = (element) => {
      const range = document.createRange();
      range.selectNodeContents(element);
      return range.getBoundingClientRect();
    };
    const touch = (a, b) => a.left < b.right + apart && b.left < a.right + apart && a.top < b.bottom && b.top < a.bottom;
    for (const group of document.querySelectorAll("dl, .chart, .segmented")) {
      if (!group.checkVisibility() || group.closest(".visually-hidden")) continue;
      const edge = (group.closest(".card") ?? group).getBoundingClientRect();
      const figures = [...group.querySelectorAll("dt, dd, .figure, .name, button")]
        .filter((each) => each.checkVisibility() && each.textContent.trim() !== "")
        .map((each) => ({ text: each.textContent.trim(), box: inkOf(each) }));
      figures.forEach(({ text, box }, i) => {
        if (box.left < edge.left - 0.5 || box.right > edge.right + 0.5) found.push(`“${text}” leaves its card`);
        for (const other of figures.slice(i + 1)) if (touch(box, other.box)) found.push(`“${text}” touches “${other.text}”`);
      });
    }
    return found;
  });

for (const prefer_metric of [true, false]) {
  test(`320 px: every page keeps to its width and its figures apart, in ${prefer_metric ? "kilometres" : "miles"}`, async () => {
    const who = await account(server, { prefer_metric, username: "Maximiliane-Alexandra" });
    const friend = await account(server, { username: "Bartholomew Featherstonehaugh" });
    const ruck = await ruckOf(server, who, { title: "Once round the lake and over the hill", count: 700, daysAgo: 1.2 });
    const theirs = await ruckOf(server, friend, { title: "Far", count: 900, daysAgo: 1 });
    await api(server, who, `/api/users/${friend.id}/follow`, json("POST"));
    // Every day of the week has a long walk, perhaps but today: 12 hours and more in all, each bar with its decimals.
    // So have the months before: a dozen bars, one beside the other.
    const days = [...Array(7).keys(), 35, 65, 95, 125];
    for (const day of days) {
      await api(server, who, "/api/rucks", json("POST", { is_manual: true, status: "completed", title: "Long", start_time: new Date(Date.now() - (day * 24 + 3) * HOUR).toISOString(), distance_km: 22.22 + (day % 7), duration_seconds: 7300, ruck_weight_kg: day < 7 ? 22.5 : 60, elevation_gain_m: 1234 }));
    }
    const context = await browser.newContext({ viewport: NARROW, reducedMotion: "reduce" });
    const page = await context.newPage();
    const problems = [];
    const check = async (name) => {
      await sleep(300);
      for (const trouble of await troubles(page)) problems.push(`${name}: ${trouble}`);
    };
    for (const path of ["/", "/sign-up", "/sign-in", "/forgot-password", "/about", "/no/such/page", "/clubs/1"]) {
      await page.goto(server.url + path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await check(`signed out ${path}`);
    }
    await signIn(page, server, who);
    await until(async () => /^1[2-9]:\d\d:\d\d$/.test(await page.locator(".week dd .value").nth(1).innerText()), "12 hours in the last seven days");
    await page.locator(".chart .figure").first().waitFor();
    await check("home");
    for (const path of ["/record", "/rucks", "/rucks?view=calendar", `/rucks/${ruck}`, `/rucks/${theirs}`, "/statistics", "/statistics?by=monthly", "/statistics?by=yearly&of=energy", "/profile", "/settings", "/settings/privacy", "/feed", "/people", `/users/${friend.id}`, `/users/${friend.id}/followers`, "/about", "/clubs/1"]) {
      await page.goto(server.url + path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await sleep(400);
      await check(path);
    }
    assert.deepEqual(problems, []);
    await context.close();
  });
}
