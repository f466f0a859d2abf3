// In miles and pounds nothing on any page is in kilometres, kilograms, metres or centimetres.
import assert from "node:assert/strict";
import { test } from "node:test";
import { iso, json, ruckOf } from "./people.mjs";
import { browser, server } from "./stage.mjs";
import { DESKTOP, PHONE, account, api, finishRuck, madeTrack, openPhone, signIn, startRuck, stat, until, walk } from "./support.mjs";

const DAY = 86_400_000;

// Everything that is read or read out on the page, but for the switch that offers both systems.
const wordsOf = (page) =>
  page.evaluate(() => {
    const switches = [...document.querySelectorAll("button")].filter((button) => button.textContent.trim() === "km, kg");
    const spoken = [...document.querySelectorAll("[aria-label], [aria-valuetext]")].flatMap((e) => [e.getAttribute("aria-label"), e.getAttribute("aria-valuetext")]);
    const options = [...document.querySelectorAll("option")].map((option) => option.textContent);
    const text = document.body.innerText;
    return [switches.reduce((rest, each) => rest.replace(each.innerText, ""), text), ...spoken, ...options].join("\n");
  });
const METRIC = /\b(?:km|kg|cm)\b|\d\s?m\b|[,(]\s?m\b|kilomet|kilogram/i;
async function nothingMetric(page, where) {
  const words = await wordsOf(page);
  const found = METRIC.exec(words);
  assert.ok(!found, `${where}: "${found && words.slice(Math.max(0, found.index - 60), found.index + 40)}"`);
}

test("a walk through the app in miles and pounds", async () => {
  const who = await account(server, { username: "Pat", prefer_metric: false, height_cm: 175, weight_kg: 80 });
  const id = await ruckOf(server, who, { title: "Five miles", count: 1900, daysAgo: 3, load: 20.41 });
  await ruckOf(server, who, { title: "A hill", count: 1900, daysAgo: 5, seed: 9, load: 9.98 });
  const heart = Array.from({ length: 900 }, (_, i) => ({ timestamp: iso(Math.round(Date.now() - 3 * DAY) + i * 5000), heart_rate: 110 + (i % 40) }));
  await api(server, who, `/api/rucks/${id}/heart-rate-chunk`, json("POST", { heart_rate_samples: heart }));
  const context = await browser.newContext({ viewport: PHONE, locale: "en-US" });
  const start = Date.now();
  const page = await openPhone(context, start);
  await signIn(page, server, who);
  await page.getByText("Five miles").waitFor();
  await nothingMetric(page, "home");

  // Recording: the start screen, then under way.
  await page.goto(`${server.url}/record`);
  const load = page.locator('[data-stat="load"]');
  await load.waitFor();
  assert.equal(await load.innerText(), "22 lb");
  await page.getByRole("button", { name: "More load" }).click();
  assert.equal(await load.innerText(), "23 lb");
  assert.equal(await page.getByLabel("Load", { exact: true }).getAttribute("aria-valuetext"), "23 lb");
  await nothingMetric(page, "the start screen");
  await startRuck(page, server);
  await walk(page, madeTrack({ count: 800, start }));
  await until(async () => Number(await stat(page, "distance")) > 1.9, "two miles");
  await page.getByRole("button", { name: "Show the map" }).click();
  await page.locator(".leaflet-control-scale-line").waitFor();
  await nothingMetric(page, "under way");
  await finishRuck(page);
  await nothingMetric(page, "finished");

  // The ruck, its chart and splits.
  await page.goto(`${server.url}/rucks/${id}`);
  await page.getByRole("heading", { name: "Five miles" }).waitFor();
  await page.locator("table").first().waitFor();
  await page.locator(".leaflet-control-scale-line").first().waitFor();
  await page.locator("[data-axis]").first().scrollIntoViewIfNeeded();
  await page.locator(".uplot canvas").waitFor();
  assert.deepEqual(await page.locator("[data-axis]").allInnerTexts(), ["ft", "mi"]);
  assert.deepEqual((await page.locator("thead th").allInnerTexts()).slice(0, 3), ["mi", "Pace", "Climb, ft"]);
  await nothingMetric(page, "the ruck");
  for (const [curve, unit] of [["Pace", "/mi"], ["Heart", "bpm"], ["Grade", "%"]]) {
    await page.getByRole("button", { name: curve, exact: true }).click();
    assert.equal(await page.locator('[data-axis="y"]').innerText(), unit);
    await page.getByLabel("Move along the way").fill("40");
    await nothingMetric(page, `the chart of ${curve}`);
  }

  // The list: steps of round miles and pounds, and what reads "22 lb" is no 35, what reads "45 lb" is.
  await page.goto(`${server.url}/rucks`);
  await page.getByText("A hill").waitFor();
  await nothingMetric(page, "the list");
  const pick = (label, text) => page.getByLabel(label, { exact: true }).selectOption({ label: text });
  await pick("Load", "45 lb and more");
  await page.getByText("A hill").waitFor({ state: "detached" });
  await page.getByText("Five miles").waitFor(); // 20.41 kg are 45 lb
  await pick("Load", "20 lb and more");
  await page.getByText("A hill").waitFor();
  await pick("Distance", "3 mi and more");
  await page.getByText("Five miles").waitFor();
  await page.getByRole("button", { name: "Calendar" }).click();
  await page.locator("[data-month-totals]").waitFor();
  await nothingMetric(page, "the calendar");

  // Statistics, with every measure of load.
  await page.goto(`${server.url}/statistics`);
  await page.getByText("Fastest (1.9 mi and more)").waitFor();
  for (const measure of ["Effort", "Heart rate", "Energy", "Pack"]) {
    await page.locator("[data-reading]").getByRole("button", { name: measure }).click();
    await nothingMetric(page, `load by ${measure}`);
  }
  await page.getByText("Pounds carried, times miles.").waitFor();

  await page.goto(`${server.url}/profile`);
  await page.getByRole("heading", { name: "Pat" }).waitFor();
  await nothingMetric(page, "the profile");
  await page.goto(`${server.url}/settings/privacy`);
  await page.getByRole("heading", { name: "Your zones" }).waitFor();
  await nothingMetric(page, "privacy");
  await page.goto(`${server.url}/settings`);
  await page.getByLabel("Body weight (lb)").waitFor();
  assert.equal(await page.getByLabel("Height (ft)").inputValue(), "5");
  assert.equal(await page.getByLabel("and inches").inputValue(), "9");
  await nothingMetric(page, "the settings");
  await context.close();
});

test("the pack's load is the same in both systems, in its own unit", async () => {
  const who = await account(server, { prefer_metric: false });
  await ruckOf(server, who, { count: 1900, daysAgo: 1, load: 20 });
  const context = await browser.newContext({ viewport: DESKTOP });
  const page = await context.newPage();
  await signIn(page, server, who);
  const shown = async () => {
    await page.goto(`${server.url}/statistics`);
    await page.locator("[data-reading]").getByRole("button", { name: "Pack" }).click();
    await page.getByText(/carried, times/).waitFor();
    const text = await page.getByText(/^Last seven days:/).innerText();
    return Number(/days: ([\d,]+)/.exec(text)[1].replace(",", ""));
  };
  const poundMiles = await shown();
  await api(server, who, "/api/users/profile", json("PUT", { prefer_metric: true }));
  await page.goto(`${server.url}/profile`);
  await page.getByText(/\bkm\b/).first().waitFor();
  const kgKm = await shown();
  assert.ok(kgKm > 100, `${kgKm} kg·km`);
  assert.ok(Math.abs(poundMiles / kgKm - 1.37) < 0.02, `${poundMiles} lb·mi, ${kgKm} kg·km`);
  await context.close();
});

test("a list of rucks of other years fits the narrowest phone", async () => {
  const who = await account(server, { prefer_metric: false });
  const enter = (start_time, title) => api(server, who, "/api/rucks", json("POST", { is_manual: true, status: "completed", start_time, distance_km: 28.4, duration_seconds: 21_600, ruck_weight_kg: 20.41, title }));
  await enter("2023-09-27T08:00:00Z", undefined);
  await enter("2022-11-30T08:00:00Z", "The long way round the lake before the snow");
  const context = await browser.newContext({ viewport: { width: 320, height: 640 }, locale: "en-US" });
  const page = await context.newPage();
  await signIn(page, server, who);
  await page.goto(`${server.url}/rucks`);
  await page.getByText("Sep 27, 2023 · 45 lb").waitFor();
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(overflow, 0);
  for (const line of await page.locator("ul.list .grow .small").all()) {
    const box = await line.boundingBox();
    assert.ok(box.height < 30, `one line: ${box.height} px`);
  }
  await page.goto(`${server.url}/statistics`);
  await page.getByText("Longest way").waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0);
  await context.close();
});
