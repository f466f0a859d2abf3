// What adaptive sampling saves and what it costs, over real tracks: seconds with the receiver on,
// requests, and the distance that the engine finds, against a fix every second and one every half
// minute. Between the fixes of a recording, the way is taken as straight.
import assert from "node:assert/strict";
import { test } from "node:test";
import { engineBytes, load } from "./app_modules.mjs";
import { madeTrack, realTrack } from "./support.mjs";

const { Sampler } = await load("record/sampler.ts");
const { Engine } = await load("worker/engine.ts");

const LOOK_S = 5; // a receiver that was on a minute ago needs so long for a fix
const BATCH_S = 30; // of the outbox; with a low battery the next
const LOW_BATCH_S = 120;
const HOLE_S = 300; // in a recording: nothing is known of it
const BODY = { weightKg: 80, heightCm: 178, ageYears: 40, sex: 0, restingBpm: null, maxBpm: null, calorieMethod: 0, activeOnly: false };

function everySecond(track) {
  const out = [];
  for (let i = 1; i < track.length; i++) {
    const [a, b] = [track[i - 1], track[i]];
    const seconds = Math.round((b.t - a.t) / 1000);
    if (seconds <= 0 || seconds > HOLE_S) continue;
    for (let s = 0; s < seconds; s++) {
      const share = s / seconds;
      const mix = (x, y) => (x === null || y === null ? null : x + (y - x) * share);
      out.push({ t: a.t + s * 1000, lat: mix(a.lat, b.lat), lng: mix(a.lng, b.lng), alt: mix(a.alt, b.alt), acc: 5, spd: null });
    }
  }
  return out;
}

// Each policy: fixes kept, seconds with the receiver on, requests.
const policies = {
  "1 Hz": (way) => ({ kept: way, onS: way.length, requests: Math.ceil(way.length / BATCH_S) }),
  "30 s": (way) => {
    const kept = way.filter((_, i) => i % 30 === 0);
    return { kept, onS: kept.length * LOOK_S, requests: kept.length };
  },
  adaptive: (way) => adapt(way, false),
  "adaptive, low battery": (way) => adapt(way, true),
};
function adapt(way, isLow) {
  const sampler = new Sampler();
  sampler.lowBattery = isLow;
  const kept = [];
  let onS = 0;
  let nextLook = 0;
  let requests = 0;
  let sentAt = -Infinity;
  way.forEach((fix, second) => {
    const plan = sampler.plan();
    if (plan.kind === "watch") onS += 1;
    else if (second < nextLook) return;
    else onS += LOOK_S;
    if (sampler.take(fix)) {
      kept.push(fix);
      if (second - sentAt >= (isLow ? LOW_BATCH_S : BATCH_S)) {
        requests += 1;
        sentAt = second;
      }
    }
    const next = sampler.plan();
    nextLook = next.kind === "look" ? second + next.everyS : 0;
  });
  return { kept, onS, requests };
}

async function metres(fixes) {
  const engine = await Engine.load(engineBytes());
  engine.begin(BODY, 15);
  engine.feed(fixes, 4e12);
  return engine.totals().distanceM;
}

async function measure(name, track) {
  const way = everySecond(track);
  const hours = way.length / 3600;
  const truth = await metres(way);
  const rows = {};
  for (const [policy, run] of Object.entries(policies)) {
    const { kept, onS, requests } = run(way);
    const error = ((await metres(kept)) / truth - 1) * 100;
    rows[policy] = { onPerHour: onS / hours, requestsPerHour: requests / hours, fixesPerHour: kept.length / hours, error };
    console.log(`| ${name} | ${policy} | ${Math.round(onS / hours)} | ${Math.round(requests / hours)} | ${Math.round(kept.length / hours)} | ${error.toFixed(2)} % |`);
  }
  return rows;
}

function check(rows) {
  assert.ok(Math.abs(rows.adaptive.error) < 2, `distance error ${rows.adaptive.error} %`);
  assert.ok(rows.adaptive.onPerHour <= rows["1 Hz"].onPerHour + 1);
  assert.ok(rows.adaptive.fixesPerHour <= rows["1 Hz"].fixesPerHour * 0.9, "fewer fixes");
  const low = rows["adaptive, low battery"];
  assert.ok(low.onPerHour < rows["1 Hz"].onPerHour * 0.5, `low battery: ${low.onPerHour} s`);
  assert.ok(Math.abs(low.error) < 4, `low battery: ${low.error} %`);
}

test("a made walk with a long rest", async () => {
  const walk = madeTrack({ count: 1200, start: 1.7e12 });
  const rest = Array.from({ length: 300 }, (_, i) => ({ ...walk[599], t: walk[599].t + (i + 1) * 3000, lat: walk[599].lat + Math.sin(i) * 1e-5 }));
  const after = walk.slice(600).map((fix) => ({ ...fix, t: fix.t + 900_000 }));
  const rows = await measure("made, 25 % rest", [...walk.slice(0, 600), ...rest, ...after]);
  check(rows);
  assert.ok(rows.adaptive.onPerHour < 3300, `rest is cheap: ${rows.adaptive.onPerHour} s an hour`);
});

for (const name of ["run-1hz-heart-rate.gpx", "hike-opentracks-geoid.gpx", "black-forest-trek-3-days.gpx"]) {
  const track = realTrack(name);
  test(`real: ${name}`, { skip: track ? false : "the shared tracks are not here" }, async () => check(await measure(name, track)));
}
