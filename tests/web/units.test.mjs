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
