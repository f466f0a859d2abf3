// The engine in WebAssembly against the engine of the server: the same walk, the same numbers.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { engineBytes, load } from "./app_modules.mjs";

const { RUCK_ENGINE_PROBE, RUCK_TRACKS_DIR } = process.env;
const RELATIVE_MOST = 1e-12;
const COMPRESSED_MOST = 60 * 1024;
const LATEST_MS = 4e12;

const { Engine } = await load("worker/engine.ts");
const wasm = engineBytes();

const relative = (a, b) => (a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b), 1e-9));

// The totals in the order of engine/abi.cpp, from the wrapper's object.
function numbersOf(t) {
  const n = [t.startMs, t.endMs, t.distanceM, t.estimatedM, t.elapsedS, t.movingS, t.pausedS, t.gainM, t.lossM, t.kcal, t.loadKgKm, t.powerPoints, t.paceSPerKm];
  const p = t.points;
  return { head: n, counts: [p.fed, p.used, p.paused, p.poor, p.jumps, p.vehicle] };
}
// What the server stores and pages show: metres, tenths of metres, whole kcal and seconds.
const shown = (t) => [Math.round(t[2]), Math.round(t[7] * 10), Math.round(t[8] * 10), Math.round(t[9]), Math.round(t[4] - t[6])];

function compare(walk, engine, how) {
  const totals = engine.totals();
  const { head, counts } = numbersOf(totals);
  head.forEach((value, i) => {
    assert.ok(relative(value, walk.totals[i]) <= RELATIVE_MOST, `${walk.name} ${how}: total ${i} is ${value}, natively ${walk.totals[i]}`);
  });
  assert.deepEqual(counts, walk.totals.slice(15, 21), `${walk.name} ${how}: counts`);
  assert.deepEqual(shown(head), shown(walk.totals), `${walk.name} ${how}: what is shown`);
  const splits = engine.splits().flatMap((s) => [s.unit === "km" ? 0 : 1, s.number, s.distanceM, s.startMs, s.endMs, s.movingS, s.gainM, s.lossM, s.kcal]);
  assert.equal(splits.length, walk.splits.length, `${walk.name} ${how}: splits`);
  splits.forEach((value, i) => assert.ok(relative(value, walk.splits[i]) <= 1e-9, `${walk.name} ${how}: split number ${i}`));
}

async function check(walk) {
  const fixes = walk.points.map(([t, lat, lng, alt, acc, spd]) => ({ t, lat, lng, alt, acc, spd }));
  const [weightKg, heightCm, ageYears, sex, restingBpm, maxBpm, loadKg] = walk.rucker;
  const body = { weightKg, heightCm, ageYears, sex, restingBpm, maxBpm, calorieMethod: 0, activeOnly: false };
  const kinds = ["pause", "resume", "load"];
  const events = walk.events.map(([kind, at, load]) => ({ kind: kinds[kind], at, load }));

  const batch = await Engine.load(wasm);
  batch.begin(body, loadKg);
  batch.feed(fixes, LATEST_MS);
  for (const event of events) batch.event(event.kind, event.at, event.load);
  compare(walk, batch, "all at once, events late");

  const live = await Engine.load(wasm);
  live.begin(body, loadKg);
  let next = 0;
  for (const fix of fixes) {
    for (; next < events.length && events[next].at < fix.t; next++) live.event(events[next].kind, events[next].at, events[next].load);
    live.feed([fix], LATEST_MS);
  }
  for (; next < events.length; next++) live.event(events[next].kind, events[next].at, events[next].load);
  compare(walk, live, "fix by fix");

  const shuffled = await Engine.load(wasm);
  shuffled.begin(body, loadKg);
  for (const event of events) shuffled.event(event.kind, event.at, event.load);
  shuffled.feed([...fixes.slice(40), ...fixes.slice(0, 40), ...fixes.slice(0, 5)], LATEST_MS);
  compare(walk, shuffled, "out of order and twice");
}

const probe = (...args) => JSON.parse(execFileSync(RUCK_ENGINE_PROBE, args, { encoding: "utf8", maxBuffer: 1 << 28 }));

test("a simulated ruck has the same totals natively and in the browser", async () => {
  for (const seed of ["1", "20261122"]) await check(probe("--simulate", seed)[0]);
});

const real = ["run-1hz-heart-rate.gpx", "hike-opentracks-geoid.gpx", "black-forest-trek-3-days.gpx"].map((name) => join(RUCK_TRACKS_DIR ?? "", name));
const missing = real.filter((file) => !existsSync(file));
test("real tracks have the same totals natively and in the browser", { skip: missing.length > 0 ? `no ${missing.join(", ")}` : false }, async () => {
  for (const file of real) await check(probe(file)[0]);
});

test("the engine is small", () => {
  const bytes = gzipSync(wasm, { level: 9 }).length;
  assert.ok(bytes <= COMPRESSED_MOST, `${bytes} bytes compressed`);
});

test("what is no position is not taken", async () => {
  const engine = await Engine.load(wasm);
  engine.begin({ weightKg: 80, heightCm: 180, ageYears: 40, sex: 0, restingBpm: null, maxBpm: null, calorieMethod: 0, activeOnly: false }, 10);
  const fix = { t: 1.7e12, lat: 47, lng: 8, alt: null, acc: null, spd: null };
  const bad = [{ ...fix, lat: NaN }, { ...fix, lng: 181 }, { ...fix, t: 0 }, { ...fix, t: LATEST_MS + 1 }];
  assert.equal(engine.feed([...bad, fix], LATEST_MS), 1);
  assert.equal(engine.totals().points.fed, 1);
});
