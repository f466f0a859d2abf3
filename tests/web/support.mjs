// A server, a browser and a phone's receiver for the tests of the web app.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 860 };
const RUCK = process.env.RUCK_BINARY;
const PATIENCE_MS = 120_000; // of what is awaited: for a machine that does much else
const LOG_KEPT = 4000; // characters, for a line that comes in pieces

export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

// `ruck serve` with a database of its own. It can go away and come back with the same data.
export class RuckServer {
  static async start(settings = {}) {
    const server = new RuckServer();
    server.folder = mkdtempSync(join(tmpdir(), "ruck-web-"));
    server.port = 0; // any that is free
    server.settings = settings;
    await server.up();
    return server;
  }
  get url() {
    return `http://127.0.0.1:${this.port}`;
  }
  async up() {
    this.process = spawn(RUCK, ["serve"], {
      env: {
        PATH: process.env.PATH,
        RUCK_TEST_SABOTAGE: "no-shedding", // a machine that does much else is late
        RUCK_LISTEN: `127.0.0.1:${this.port}`,
        RUCK_DATA_DIR: this.folder,
        RUCK_RATE_LIMITS: "off",
        RUCK_THREADS: "1",
        ...this.settings,
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    // The port that it says it has: one chosen beforehand may be another's by then.
    let log = "";
    this.process.stdout.setEncoding("utf8").on("data", (text) => {
      const started = /"event":"server.started".*"port":(\d+)/.exec((log = log.slice(-LOG_KEPT) + text));
      if (started) this.port = Number(started[1]);
    });
    this.isWanted = true;
    this.process.once("exit", (code, signal) => {
      if (this.isWanted) console.error(`the server ended by itself: ${signal ?? code}`);
    });
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const answer = this.port === 0 ? null : await fetch(`${this.url}/readyz`).catch(() => null);
      if (answer?.ok) return;
      if (Date.now() > until) throw new Error("the server did not start");
      await sleep(50);
    }
  }
  async down() {
    if (this.process.exitCode !== null) return;
    this.isWanted = false;
    const gone = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGTERM");
    await gone;
  }
  async stop() {
    await this.down();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function launch() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    timeout: PATIENCE_MS,
  });
  const newContext = browser.newContext.bind(browser);
  browser.newContext = async (options) => {
    const context = await newContext(options);
    context.setDefaultTimeout(PATIENCE_MS);
    return context;
  };
  return browser;
}

// Waits until `look` gives something true.
export async function until(look, what, within = PATIENCE_MS) {
  const end = Date.now() + within;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${within} ms for ${what}`);
    await sleep(50);
  }
}

// A server on a machine that does much else sheds load, and says when to come again.
const BUSY_TRIES = 10;
async function asked(url, options) {
  for (let tries = 1; ; tries++) {
    const reply = await fetch(url, options);
    if (reply.status !== 503 || tries === BUSY_TRIES) return reply;
    await sleep(1000 * Number(reply.headers.get("Retry-After") ?? 1));
  }
}

// An account, made on the server's side; signs the page in by its form.
let made = 0;
export async function account(server, more = {}) {
  const email = `rucker${++made}-${Date.now()}@example.org`;
  const body = { email, password: "long enough", username: "Robin", prefer_metric: true, weight_kg: 80, time_zone: "UTC", ...more };
  const reply = await asked(`${server.url}/api/auth/signup`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (reply.status !== 201) throw new Error(`sign-up: ${await reply.text()}`);
  const { access_token: token, user } = await reply.json();
  return { email, password: body.password, token, id: user.id };
}
export async function signIn(page, server, who) {
  await page.goto(`${server.url}/sign-in`);
  await page.getByLabel("E-mail").fill(who.email);
  await page.getByLabel("Password").fill(who.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: /Hello/ }).waitFor();
}
export async function api(server, who, path, options = {}) {
  const reply = await asked(server.url + path, {
    ...options,
    headers: { Authorization: `Bearer ${who.token}`, ...options.headers },
  });
  if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
  return reply.json();
}

// A receiver and a clock that the test moves, put in the place of the browser's own before the page
// loads. Fixes come at their own times, so an hour's walk takes a second.
export function installPhone() {
  const RealDate = Date;
  let now = null; // ms; null: the real time
  class PhoneDate extends RealDate {
    constructor(...values) {
      if (values.length === 0) super(PhoneDate.now());
      else super(...values);
    }
    static now() {
      return now ?? RealDate.now();
    }
  }
  globalThis.Date = PhoneDate;
  // The clock that only runs, and is never set: it runs with the walk.
  const realNow = performance.now.bind(performance);
  let walked = 0;
  performance.now = () => realNow() + walked;
  // What waits for ten seconds and more waits by the phone's clock; the rest is not worth it.
  const realSetTimeout = globalThis.setTimeout;
  const realClearTimeout = globalThis.clearTimeout;
  const timers = new Map();
  let timerId = 1e9;
  globalThis.setTimeout = (work, ms = 0, ...values) => {
    if (ms < 10_000) return realSetTimeout(work, ms, ...values);
    timers.set(++timerId, { due: PhoneDate.now() + ms, work: () => work(...values) });
    return timerId;
  };
  globalThis.clearTimeout = (which) => timers.delete(which) || realClearTimeout(which);
  const runTimers = () => {
    for (const [which, { due, work }] of timers) {
      if (due > PhoneDate.now()) continue;
      timers.delete(which);
      work();
    }
  };
  // The page looks at the clocks every so often: tests wait until it has.
  let ticks = 0;
  const realSetInterval = globalThis.setInterval;
  globalThis.setInterval = (work, ms, ...values) =>
    realSetInterval(() => {
      work(...values);
      ticks++;
    }, ms);
  const watchers = new Map();
  const looks = [];
  let id = 0;
  let denied = false;
  const problem = (code) => ({ code, PERMISSION_DENIED: 1, POSITION_UNAVAILABLE: 2, TIMEOUT: 3, message: "" });
  const positionOf = (fix) => ({
    timestamp: fix.t,
    coords: {
      latitude: fix.lat,
      longitude: fix.lng,
      altitude: fix.alt ?? null,
      accuracy: fix.acc ?? 5,
      altitudeAccuracy: null,
      heading: null,
      speed: fix.spd ?? null,
    },
  });
  const geolocation = {
    watchPosition(found, failed) {
      if (denied) setTimeout(() => failed?.(problem(1)));
      else watchers.set(++id, { found, failed });
      return id;
    },
    clearWatch: (which) => watchers.delete(which),
    getCurrentPosition(found, failed) {
      if (denied) setTimeout(() => failed?.(problem(1)));
      else looks.push({ found, failed });
    },
  };
  Object.defineProperty(navigator, "geolocation", { value: geolocation });
  globalThis.phone = {
    // Somebody sets the clock: the time jumps, and nothing has passed.
    setTime: (ms) => (now = ms),
    // The device sleeps: time passes, and the running clock stands still.
    sleep: (ms) => (now = PhoneDate.now() + ms),
    // Time passes.
    wait(ms) {
      now = PhoneDate.now() + ms;
      walked += ms;
      runTimers();
    },
    // One fix, to whoever listens; the clock goes with it.
    emit(fix) {
      if (now !== null) walked += Math.max(0, fix.t - now);
      now = fix.t;
      runTimers();
      for (const { found } of watchers.values()) found(positionOf(fix));
      for (const { found } of looks.splice(0)) found(positionOf(fix));
    },
    // Many, with time for the page to take each.
    async walk(fixes) {
      for (const fix of fixes) {
        this.emit(fix);
        await new Promise((resolve) => realSetTimeout(resolve, 0));
      }
    },
    fail(code) {
      if (code === 1) denied = true;
      for (const { failed } of [...watchers.values(), ...looks.splice(0)]) failed?.(problem(code));
      if (code === 1) watchers.clear();
    },
    allow: () => (denied = false),
    get listeners() {
      return watchers.size + looks.length;
    },
    get ticks() {
      return ticks;
    },
  };
}

// ---- the record page ------------------------------------------------------------------------------

export async function openPhone(context, time) {
  const page = await context.newPage();
  await page.addInitScript(installPhone);
  await page.addInitScript((t) => globalThis.phone.setTime(t), time);
  return page;
}
export const setHidden = (page, hidden) =>
  page.evaluate((is) => {
    Object.defineProperty(document, "visibilityState", { value: is ? "hidden" : "visible", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
export const stat = async (page, name) =>
  (await page.locator(`[data-stat="${name}"] .value`).first().innerText()).trim();
export const sync = (page) => page.locator("[data-sync]").getAttribute("data-sync");
export async function startRuck(page, server) {
  await page.goto(`${server.url}/record`);
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
}
export async function finishRuck(page) {
  await page.getByRole("button", { name: "Finish" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Finish" }).click();
  await page.getByRole("heading", { name: "Well done" }).waitFor();
}
export const walk = (page, fixes) => page.evaluate((all) => globalThis.phone.walk(all), fixes);
// The page has looked at the clocks.
export async function lookedAtClocks(page) {
  const ticks = () => page.evaluate(() => globalThis.phone.ticks);
  const before = await ticks();
  await until(async () => (await ticks()) >= before + 2, "a look at the clocks");
}
// The engine has seen the last fix.
export const settled = (page) =>
  sleep(300).then(() => page.evaluate(() => new Promise((done) => requestIdleCallback(done))));
// What the page has written to the phone's store.
export const stored = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const open = indexedDB.open("ruck", 1);
        open.onerror = () => reject(open.error);
        open.onsuccess = () => {
          const all = open.result.transaction("fixes").objectStore("fixes").getAll();
          all.onsuccess = () => {
            open.result.close();
            resolve(all.result);
          };
        };
      }),
  );

// The service worker has fetched all of the app.
export const offlineReady = (page) =>
  until(
    () =>
      page.evaluate(async () => {
        const cache = await caches.open("ruck-later");
        const names = (await cache.keys()).map((request) => request.url);
        const isThere = (part) => names.some((name) => name.includes(part));
        return isThere("engine-") && isThere("Record-") && isThere("leaflet-src") && isThere("uPlot");
      }),
    "the app to be on the phone",
    30_000,
  );

// ---- tracks ---------------------------------------------------------------------------------------

// Fixes of a GPX file.
export function readGpx(file) {
  const text = readFileSync(file, "utf8");
  const fixes = [];
  for (const [, attributes, body] of text.matchAll(/<trkpt([^>]*)>([\s\S]*?)<\/trkpt>/g)) {
    const number = (name) => Number(new RegExp(`${name}="([^"]+)"`).exec(attributes)?.[1]);
    const time = /<time>([^<]+)<\/time>/.exec(body)?.[1];
    const altitude = /<ele>([^<]+)<\/ele>/.exec(body)?.[1];
    if (!time) continue;
    fixes.push({ t: Date.parse(time), lat: number("lat"), lng: number("lon"), alt: altitude === undefined ? null : Number(altitude) });
  }
  return fixes;
}
const tracks = process.env.RUCK_TRACKS_DIR ?? "";
// A real track, or nothing where the shared tracks are not at hand.
export function realTrack(name) {
  const file = join(tracks, name);
  return tracks !== "" && existsSync(file) ? readGpx(file) : null;
}

// A walk of `count` fixes, one every `stepS`: winding, over a hill, with a receiver's wander. The same
// for the same seed.
export function madeTrack({ count = 600, stepS = 3, speed = 1.45, lat = 47.3, lng = 11.4, start = 0, seed = 7 } = {}) {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const fixes = [];
  let heading = 0.6;
  let [north, east, wanderN, wanderE] = [0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    heading += random() * 0.12;
    north += Math.cos(heading) * speed * stepS;
    east += Math.sin(heading) * speed * stepS;
    wanderN = wanderN * 0.95 + random() * 1.2;
    wanderE = wanderE * 0.95 + random() * 1.2;
    fixes.push({
      t: start + i * stepS * 1000,
      lat: lat + (north + wanderN) / 111_195,
      lng: lng + (east + wanderE) / (111_195 * Math.cos((lat * Math.PI) / 180)),
      alt: Math.round((620 + 45 * Math.sin(i / 90) + random() * 2) * 10) / 10,
      acc: 5,
      spd: speed,
    });
  }
  return fixes;
}
// The same way, `start` to begin at.
export const movedTo = (fixes, start) => fixes.map((fix) => ({ ...fix, t: fix.t - fixes[0].t + start }));
