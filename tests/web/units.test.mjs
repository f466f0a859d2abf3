// Numbers as people read them.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";

const web = process.env.RUCK_WEB_FOLDER;
const folder = mkdtempSync(join(tmpdir(), "ruck-units-"));
after(() => rmSync(folder, { recursive: true }));
const { build } = createRequire(join(web, "package.json"))("esbuild");
const outfile = join(folder, "units.mjs");
await build({ stdin: { contents: 'export * from "./lib/units"; export { columnsOf } from "./lib/track"; export { t, count } from "./i18n";', resolveDir: join(web, "src"), loader: "ts" }, bundle: true, format: "esm", outfile, logLevel: "error" });
const units = await import(pathToFileURL(outfile));

test("kilometres and miles, kilograms and pounds", () => {
  assert.equal(units.text(units.distance(5230, true)), "5.23 km");
  assert.equal(units.text(units.distance(5230, false)), "3.25 mi");
  assert.equal(units.text(units.distance(123_456, true)), "123.5 km");
  assert.equal(units.text(units.height(210.4, true)), "210 m");
  assert.equal(units.text(units.height(210.4, false)), "690 ft");
  assert.equal(units.text(units.weight(20, true)), "20 kg");
  assert.equal(units.text(units.weight(12.5, true)), "12.5 kg");
  assert.equal(units.text(units.weight(20.411657, false)), "45 lb");
  assert.equal(units.toKg(units.fromKg(17.3, false), false), 17.3);
});

test("pace: minutes a kilometre or a mile, nothing where nobody walks", () => {
  assert.equal(units.text(units.pace(688, true)), "11:28 /km");
  assert.equal(units.text(units.pace(688, false)), "18:27 /mi");
  assert.equal(units.pace(599.6, true).value, "10:00", "seconds never read 60");
  for (const none of [null, undefined, 0, Infinity, NaN, 20_000]) assert.equal(units.pace(none, true).value, "–");
});

test("figures of a dozen bars have three characters at most", () => {
  for (const [value, text] of [[0, "0"], [7.4, "7"], [999.4, "999"], [999.6, "1K"], [2345, "2K"], [9960, "10K"], [16_511, "17K"], [99_400, "99K"]]) assert.equal(units.brief(value), text);
});

test("clocks and spans", () => {
  assert.equal(units.clock(0), "0:00");
  assert.equal(units.clock(3597), "59:57");
  assert.equal(units.clock(3723.9), "1:02:03");
  assert.equal(units.clock(-5), "0:00");
  assert.equal(units.span(45), "45 s");
  assert.equal(units.span(300), "5 min");
  assert.equal(units.span(3600), "1 h");
  assert.equal(units.span(5400), "1 h 30 min");
});

test("text: names are filled in, plurals chosen", () => {
  assert.equal(units.t("about.version", { version: "1.2" }), "Version 1.2");
  assert.equal(units.count("count.rucks", 1), "1 ruck");
  assert.equal(units.count("count.rucks", 0), "0 rucks");
});

test("a chart's columns: distance as the ruck's, climb as grade, holes as holes", () => {
  const points = Array.from({ length: 200 }, (_, i) => ({ latitude: 47 + i * 1e-4, longitude: 8, altitude: 500 + i, timestamp: new Date(1.7e12 + i * 8000).toISOString() }));
  const heart = [{ id: 1, session_id: 1, timestamp: points[0].timestamp, bpm: 120 }];
  const c = units.columnsOf(points, heart, 2000);
  assert.equal(c.metres[0], 0);
  assert.ok(Math.abs(c.metres.at(-1) - 2000) < 1e-6);
  assert.ok(Math.abs(c.pace.at(-1) - 796) < 5, `${c.pace.at(-1)} s per km`);
  assert.ok(Math.abs(c.grade.at(-1) - 9.95) < 0.3, `${c.grade.at(-1)} %`);
  assert.equal(c.heart[0], 120);
  assert.equal(c.heart.at(-1), null);
});

// ---- what is read off by people elsewhere than here ----------------------------------------------
// The same module, for a reader of another language; the clock of this process is set by `process.env.TZ`.
let builds = 0;
async function unitsFor(language) {
  const own = join(folder, `units-${++builds}.mjs`);
  await build({ stdin: { contents: 'export * from "./lib/units"; export { plotted } from "./lib/track"; export * from "./lib/zone"; export { overflow } from "./lib/kept-most";', resolveDir: join(web, "src"), loader: "ts" }, bundle: true, format: "esm", outfile: own, logLevel: "error" });
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { value: { language }, configurable: true });
  try {
    return await import(pathToFileURL(own));
  } finally {
    if (before) Object.defineProperty(globalThis, "navigator", before);
    else delete globalThis.navigator;
  }
}

test("spans never read 60 minutes", () => {
  assert.equal(units.span(7180), "2 h", "not 1 h 60 min");
  assert.equal(units.span(3575), "1 h", "not 60 min");
  assert.equal(units.span(59.6), "1 min");
  assert.equal(units.span(3569), "59 min");
  assert.equal(units.span(5395), "1 h 30 min");
});

test("the time is written as the reader's own clock has it, and midnight is never 24", async () => {
  const [us, gb, german] = [await unitsFor("en-US"), await unitsFor("en-GB"), await unitsFor("de-DE")];
  const at = (hour) => new Date(2026, 2, 1, hour, 5).getTime();
  const plain = (text) => text.replace(/\s/g, " ");
  assert.equal(plain(us.time(at(0))), "12:05 AM");
  assert.equal(plain(us.time(at(14))), "2:05 PM");
  assert.equal(gb.time(at(0)), "00:05");
  assert.equal(german.time(at(0)), "00:05", "English text, a clock of 24 hours");
  assert.equal(german.time(at(14)), "14:05");
});

test("days have a year when it is not this one", () => {
  const now = new Date();
  const thisYear = new Date(now.getFullYear(), now.getMonth() < 6 ? 10 : 1, 3, 12);
  assert.doesNotMatch(units.day(thisYear), /\d{4}/);
  assert.equal(units.day(new Date(2019, 2, 3, 12)), "Mar 3, 2019");
  assert.equal(units.day(now), "Today");
  assert.equal(units.day(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1, 23)), "Yesterday");
});

test("what the server tells has its day in the account's zone; this device's own moments in the device's", async () => {
  const shown = await unitsFor("en-GB");
  const moment = "2024-05-10T23:30:00Z";
  shown.followZone(() => "Asia/Tokyo");
  assert.equal(shown.isoDayOf(moment), "2024-05-11");
  assert.match(shown.fullDay(moment), /^Saturday,? 11 May 2024$/);
  assert.equal(shown.time(moment), "08:30");
  shown.followZone(() => "America/Los_Angeles");
  assert.equal(shown.isoDayOf(moment), "2024-05-10");
  assert.equal(shown.time(moment), "16:30");
  const here = new Date(2024, 4, 10, 9, 15);
  assert.equal(shown.time(here.getTime()), "09:15");
  assert.equal(shown.isoDayOf(here.getTime()), "2024-05-10");
  // A day of the calendar is no moment.
  for (const zone of ["Pacific/Kiritimati", "Pacific/Pago_Pago", "No/Such_Zone", undefined]) {
    shown.followZone(() => zone);
    assert.match(shown.fullDay("2024-05-11"), /^Saturday,? 11 May 2024$/, zone);
    assert.equal(shown.month("2024-05-01"), "May 2024", zone);
    assert.equal(shown.isoDayOf("2024-05-11"), "2024-05-11", zone);
    assert.equal(shown.day(shown.isoToday()), "Today", zone);
  }
});

test("rucks are looked for by round figures of the reader's own units, and none is missed by rounding", () => {
  assert.deepEqual(units.loadSteps(false).map((step) => step.text), ["20 lb", "35 lb", "45 lb", "65 lb"]);
  assert.deepEqual(units.distanceSteps(false).map((step) => step.text), ["3 mi", "6 mi", "12 mi"]);
  assert.deepEqual(units.loadSteps(true).map((step) => step.text), ["10 kg", "20 kg", "30 kg"]);
  assert.deepEqual(units.distanceSteps(true).map((step) => step.text), ["5 km", "10 km", "20 km"]);
  for (const metric of [true, false]) {
    for (const { least, text } of units.loadSteps(metric)) {
      assert.equal(units.text(units.weight(least + 1e-6, metric)), text);
      assert.notEqual(units.text(units.weight(least - 0.001, metric)), text);
    }
    for (const { least, text } of units.distanceSteps(metric)) {
      assert.equal(Number(units.distance(least * 1000 + 0.01, metric).value), Number.parseFloat(text));
    }
  }
});

test("height in feet and inches, load and way together in pounds and miles", () => {
  assert.deepEqual(units.feetAndInches(175), { feet: 5, inches: 9 });
  assert.deepEqual(units.feetAndInches(182.6), { feet: 6, inches: 0 }, "never 5 ft 12 in");
  assert.equal(units.toCm(5, 9), 175.3);
  assert.equal(units.fromKgKm(100, true), 100);
  assert.ok(Math.abs(units.fromKgKm(100, false) - 136.99) < 0.01);
});

test("a chart is given what it shows, so that its ticks fall on round miles, feet and minutes", async () => {
  const { plotted } = await unitsFor("en-US");
  const columns = { metres: [0, 1609.344, 3218.688], altitude: [0, 304.8, null], pace: [null, 600, 720], grade: [0, 1, 2], heart: [100, 110, null], positions: [] };
  const altitude = plotted(columns, "altitude", false);
  assert.deepEqual(altitude.x.map((x) => Math.round(x * 1e9) / 1e9), [0, 1, 2]);
  assert.deepEqual(altitude.y.map((y) => y && Math.round(y)), [0, 1000, null]);
  assert.deepEqual([altitude.unitX, altitude.unitY], ["mi", "ft"]);
  const pace = plotted(columns, "pace", false);
  assert.ok(Math.abs(pace.y[1] - 965.6) < 0.1, `${pace.y[1]} s a mile`);
  assert.deepEqual([pace.y[0], pace.unitY], [null, "/mi"]);
  assert.ok(pace.steps.includes(60), "whole minutes, not hundreds of seconds");
  const metric = plotted(columns, "altitude", true);
  assert.deepEqual([metric.y[1], metric.unitX, metric.unitY], [304.8, "km", "m"]);
  assert.equal(plotted(columns, "heart", true).unitY, "bpm");
});

test("two names of one clock are no difference", async () => {
  const zones = await unitsFor("en-US");
  assert.ok(zones.isSameClock("Europe/Berlin", "Europe/Vienna"));
  assert.ok(zones.isSameClock("Asia/Calcutta", "Asia/Kolkata"));
  assert.ok(!zones.isSameClock("Europe/Berlin", "Europe/London"));
  const winter = Date.UTC(2026, 0, 10, 12);
  assert.ok(!zones.isSameClock("America/Denver", "America/Phoenix", winter), "the same only until summer");
  assert.ok(!zones.isSameClock("No/Such_Zone", "UTC"));
  assert.ok(zones.knownZones().includes("UTC"));
});

test("of the replies kept, those used longest ago go first", async () => {
  const { overflow } = await unitsFor("en-US");
  const uses = { a: 5, b: 1, c: 9, d: 3 };
  assert.deepEqual(overflow(["a", "b", "c", "d"], uses, 4), []);
  assert.deepEqual(overflow(["a", "b", "c", "d"], uses, 2), ["b", "d"]);
  assert.deepEqual(overflow(["a", "old", "c"], uses, 2), ["old"], "of what nobody knows when it was used, first");
});
