// A ruck under way. The order is always: write the fix to the phone's store, then show it, then, in
// batches, send it. So what was shown is there after a crash, a reload or a dead battery.
import * as db from "../lib/db";
import { session } from "../lib/session.svelte";
import type { Profile } from "$generated/api";
import { EngineClient, type Snapshot } from "../worker/client";
import { outbox } from "./outbox.svelte";
import { photos } from "./photos.svelte";
import { Receiver } from "./receiver";
import { sendDirectly } from "./upload";

const SILENCE_S = 30; // without a fix for so long, say so
const POOR_ACCURACY_M = 50; // the engine waits for better ones (track_filter.hpp)
const GAP_S = 60; // a shorter one is not worth a word
const CLOCK_JUMP_MS = 120_000;
const TICK_MS = 1000;
const TOUCH_EVERY_MS = 10_000; // so much of a rest is unknown after a crash
const SUSPENDED_MS = 10_000; // between two ticks: the page slept, clocks may differ
const LOW_BATTERY = 0.15;
const MAKE_ROOM_EVERY_MS = 60_000;
const SEND_DIRECTLY_EVERY_MS = 30_000; // while the store is full
const FIGURES_WAIT_MS = 5_000; // for all of them, at the end and when a ruck is taken up again
export const LEFT_AFTER_MS = 30 * 60_000; // without a sign of life: the rucker is asked, not recorded
const LATEST_AHEAD_MS = 3_600_000; // kClockAheadAllowed_ms of the engine
const LINE_MOST = 4000; // positions of the map line

// What the store has no room for.
type Entry = { number: number; fix: db.Fix } | { number: number; event: db.RuckEvent };

export type Phase = "idle" | "starting" | "recording" | "paused" | "finished" | "elsewhere";
export type Trouble =
  | "denied"
  | "unsupported"
  | "insecure"
  | "no-signal"
  | "inaccurate"
  | "clock"
  | "storage"
  | "engine";

const yearsBetween = (birth: string, now: number) =>
  Math.floor((now - Date.parse(birth)) / 86_400_000) / 365.25;
const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

// As profile::body_of does it on the server, so that both compute with the same body.
export function bodyOf(profile: Profile, now: number): db.Body {
  const gender = (profile.gender ?? "").toLowerCase();
  return {
    weightKg: profile.weight_kg ?? 80,
    heightCm: profile.height_cm ?? 175,
    ageYears: profile.date_of_birth ? clamp(yearsBetween(profile.date_of_birth, now), 5, 110) : 40,
    sex: gender.startsWith("m") ? 1 : gender.startsWith("f") || gender.startsWith("w") ? 2 : 0,
    restingBpm: profile.resting_hr,
    maxBpm: profile.max_hr,
    calorieMethod: profile.calorie_method === "mechanical" ? 1 : profile.calorie_method === "hr" ? 2 : 0,
    activeOnly: profile.calorie_active_only,
  };
}

class Recorder {
  phase = $state<Phase>("idle");
  ruck = $state.raw<db.LocalRuck | null>(null);
  snapshot = $state.raw<Snapshot | null>(null);
  line = $state.raw<[number, number][]>([]);
  now = $state(Date.now());
  loadKg = $state(0);
  accuracyM = $state<number | null>(null);
  troubles = $state<Set<Trouble>>(new Set());
  lastGap = $state.raw<db.Gap | null>(null);
  clockJumpS = $state(0);
  unwritten = $state(0); // fixes that only memory holds, because the store is full
  awake = $state(false);

  private engine: EngineClient | null = null;
  private receiver = new Receiver({
    fix: (position, keep) => this.onFix(position, keep),
    denied: () => this.trouble("denied", true),
    unavailable: () => this.trouble("no-signal", true),
  });
  private fixNumber = 0;
  private eventNumber = 0;
  private queue: Promise<void> = Promise.resolve();
  // Figures come behind the store, which waits for nobody.
  private figures: Promise<void> = Promise.resolve();
  private backlog: Entry[] = [];
  private roomMadeAt = -Infinity;
  private sentDirectlyAt = -Infinity;
  private wasHidden = false;
  private releaseLock: (() => void) | null = null;
  private wakeLock: WakeLockSentinel | null = null;
  private ticker: ReturnType<typeof setInterval> | undefined;
  private lastFixAt = 0; // of this page's clock
  private touchedAt = 0; // the same
  private clockOffset = 0; // how far the phone's clock was moved while recording, ms
  private tickPerformance = 0;
  private tickDate = 0;
  private pausedSince: number | null = null;
  private pausedMs = 0;

  constructor() {
    document.addEventListener("visibilitychange", () => this.onVisibility());
    addEventListener("pagehide", () => this.touch());
    session.onLeave(() => this.leave());
  }

  get isActive() {
    return this.phase === "recording" || this.phase === "paused";
  }

  // Seconds since the start without the pauses, by the wall clock.
  get runningS() {
    if (!this.ruck) return 0;
    const end = this.ruck.endedAt ?? this.time(this.now);
    const pausing = this.pausedSince === null ? 0 : end - this.pausedSince;
    return Math.max(0, (end - this.ruck.startedAt - this.pausedMs - pausing) / 1000);
  }

  async start(loadKg: number, visibility: db.LocalRuck["visibility"]) {
    if (this.phase !== "idle" || !session.profile) return;
    this.phase = "starting";
    this.troubles = new Set();
    if (!this.isPossible() || !(await this.lock())) return;
    const startedAt = Date.now();
    const ruck: db.LocalRuck = {
      key: `offline_${startedAt}`,
      user: session.profile.id,
      state: "recording",
      startedAt,
      endedAt: null,
      loadKg,
      visibility,
      body: bodyOf(session.profile, startedAt),
      gaps: [],
      lastSeen: startedAt,
      notes: {},
      totals: null,
      sentStart: false,
      sentFixes: -1,
      sentEvents: -1,
      problem: null,
    };
    this.loadKg = loadKg;
    try {
      await this.withRoom(() => db.putRuck(ruck));
    } catch {
      this.trouble("storage", true);
    }
    // Asks the browser not to throw the recording away when space is short.
    navigator.storage?.persist?.().catch(() => {});
    this.begin(ruck);
    await this.run();
  }

  // Goes on with a ruck that was under way when the page went away, or ends it where it stopped.
  async recover(ruck: db.LocalRuck, left: "go-on" | "finish" = "go-on") {
    if (this.phase !== "idle") return;
    this.phase = "starting";
    if (!this.isPossible() || !(await this.lock())) return;
    const [fixes, events] = await Promise.all([db.fixesOf(ruck.key), db.eventsOf(ruck.key)]);
    this.begin(ruck);
    // Times go on from where they were, also where the clock was set while the page was closed.
    const last = fixes.at(-1)?.item.t ?? 0;
    this.clockOffset = ruck.clockOffsetMs ?? 0;
    if (this.time(Date.now()) < last) this.clockOffset = Date.now() - last - TICK_MS;
    this.fixNumber = (fixes.at(-1)?.number ?? -1) + 1;
    this.eventNumber = (events.at(-1)?.number ?? -1) + 1;
    this.loadKg = events.findLast(({ item }) => item.kind === "load")?.item.loadKg ?? ruck.loadKg;
    for (const { item } of events) this.countPause(item);
    this.line = fixes.slice(-LINE_MOST).map(({ item }) => [item.lat, item.lng]);
    const all = [fixes.map(({ item }) => item), events.map(({ item }) => item)] as const;
    this.figure(() => this.tellAll(...all));
    await this.figured();
    if (left === "finish") {
      if ((await this.finishAt(Math.max(last, ruck.lastSeen))) === "finished") return;
    }
    const lastSeen = Math.max(ruck.lastSeen, last);
    if (ruck.state === "recording") this.noteGap({ from: lastSeen, to: this.time(Date.now()), why: "closed" });
    await this.run();
  }

  private begin(ruck: db.LocalRuck) {
    this.ruck = ruck;
    this.backlog = [];
    this.countUnwritten();
    this.snapshot = null;
    this.line = [];
    this.fixNumber = 0;
    this.eventNumber = 0;
    this.pausedMs = 0;
    this.pausedSince = null;
    this.clockOffset = 0;
    this.lastGap = null;
    this.engine = new EngineClient();
    this.figure(() => this.tell({ do: "begin", body: ruck.body, loadKg: ruck.loadKg }));
  }
  private figure(work: () => Promise<void>) {
    const engine = this.engine;
    this.figures = this.figures.then(() => (engine === this.engine ? work() : undefined)).catch(() => {});
  }

  private figured() {
    return Promise.race([this.figures, new Promise((resolve) => setTimeout(resolve, FIGURES_WAIT_MS))]);
  }

  private async run() {
    this.phase = this.ruck?.state === "paused" ? "paused" : "recording";
    this.lastFixAt = performance.now();
    this.tickPerformance = performance.now();
    this.tickDate = Date.now();
    this.ticker = setInterval(() => this.tick(), TICK_MS);
    this.watchBattery();
    if (this.phase === "recording") {
      this.receiver.start();
      await this.keepAwake();
    }
    outbox.send();
  }

  private isPossible(): boolean {
    if (!globalThis.isSecureContext) this.trouble("insecure", true);
    else if (!("geolocation" in navigator)) this.trouble("unsupported", true);
    else return true;
    this.phase = "idle";
    return false;
  }

  // One tab records. The lock goes when this tab does, however it ends.
  private async lock(): Promise<boolean> {
    if (!("locks" in navigator)) return true;
    const held = await new Promise<boolean>((resolve) => {
      navigator.locks.request(db.RECORDING_LOCK, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        if (lock === null) return;
        return new Promise<void>((release) => (this.releaseLock = release));
      });
    });
    if (!held) this.phase = "elsewhere";
    return held;
  }

  // ---- fixes ---------------------------------------------------------------------------------

  private time(pageTime: number) {
    return pageTime - this.clockOffset;
  }
  private latestAllowed() {
    return Date.now() + LATEST_AHEAD_MS;
  }

  private onFix(position: GeolocationPosition, keep: boolean) {
    this.lastFixAt = performance.now();
    this.trouble("no-signal", false);
    this.trouble("denied", false);
    const { latitude, longitude, altitude, accuracy, speed } = position.coords;
    this.accuracyM = accuracy;
    this.trouble("inaccurate", accuracy > POOR_ACCURACY_M);
    if (!keep || this.phase !== "recording" || !this.ruck) return;
    const fix: db.Fix = {
      t: Math.round(this.time(position.timestamp)),
      lat: latitude,
      lng: longitude,
      alt: altitude,
      acc: Number.isFinite(accuracy) ? accuracy : null,
      spd: speed !== null && Number.isFinite(speed) ? speed : null,
    };
    const number = this.fixNumber++;
    this.queue = this.queue.then(() => this.store(number, fix)).catch(() => {});
  }

  private async store(number: number, fix: db.Fix) {
    const ruck = this.ruck;
    if (!ruck) return;
    this.backlog.push({ number, fix });
    await this.writeBacklog(ruck);
    if (fix.acc === null || fix.acc <= POOR_ACCURACY_M || this.line.length === 0) {
      this.line = [...this.line.slice(-LINE_MOST), [fix.lat, fix.lng]];
    }
    this.figure(() => this.tell({ do: "feed", fixes: [fix], latestAllowedMs: this.latestAllowed() }));
  }

  // Entries wait here only while the store refuses them; they are tried again with the next one, and
  // sent from memory now and then.
  private async writeBacklog(ruck: db.LocalRuck) {
    try {
      for (let next = this.backlog[0]; next; next = this.backlog[0]) {
        const entry = next;
        await this.withRoom(async () => {
          if ("fix" in entry) await db.addFix(ruck.key, entry.number, entry.fix);
          else await db.addEvent(ruck.key, entry.number, entry.event);
        });
        // Not the first of it: some may have been sent from memory meanwhile.
        this.backlog = this.backlog.filter((each) => each !== entry);
        outbox.noted();
      }
      this.trouble("storage", false);
    } catch {
      this.trouble("storage", true);
      if (performance.now() - this.sentDirectlyAt > SEND_DIRECTLY_EVERY_MS) void this.sendBacklog(ruck);
    }
    this.countUnwritten();
  }
  private async sendBacklog(ruck: db.LocalRuck): Promise<boolean> {
    this.sentDirectlyAt = performance.now();
    const entries = [...this.backlog];
    try {
      await sendDirectly(
        (await db.getRuck(ruck.key).catch(() => undefined)) ?? ruck,
        entries.flatMap((entry) => ("fix" in entry ? [entry.fix] : [])),
        entries.flatMap((entry) => ("event" in entry ? [entry.event] : [])),
      );
    } catch {
      return false;
    }
    this.backlog = this.backlog.filter((entry) => !entries.includes(entry));
    this.countUnwritten();
    return this.backlog.length === 0;
  }
  private countUnwritten() {
    this.unwritten = this.backlog.length;
    outbox.held = this.backlog.length;
  }

  // A recording goes before what can be fetched again.
  private async withRoom<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (problem) {
      if (performance.now() - this.roomMadeAt < MAKE_ROOM_EVERY_MS) throw problem;
      this.roomMadeAt = performance.now();
      await session.makeRoom();
      return write();
    }
  }

  private async tell(ask: Parameters<EngineClient["ask"]>[0]) {
    try {
      this.snapshot = (await this.engine?.ask(ask)) ?? this.snapshot;
      this.trouble("engine", false);
    } catch {
      // Figures are missing; the recording is not.
      this.trouble("engine", true);
    }
  }

  // In the order of time, so that the engine runs once.
  private async tellAll(fixes: db.Fix[], events: db.RuckEvent[]) {
    let from = 0;
    const feedUntil = async (end: number) => {
      if (end > from) {
        await this.tell({ do: "feed", fixes: fixes.slice(from, end), latestAllowedMs: this.latestAllowed() });
      }
      from = end;
    };
    for (const event of events) {
      const end = fixes.findIndex((fix) => fix.t > event.at);
      await feedUntil(end === -1 ? fixes.length : end);
      await this.tell({ do: "event", kind: event.kind, atMs: event.at, loadKg: event.loadKg ?? 0 });
    }
    await feedUntil(fixes.length);
  }

  // ---- what the rucker does -------------------------------------------------------------------

  private async addEvent(event: db.RuckEvent) {
    if (!this.ruck) return;
    const ruck = this.ruck;
    this.countPause(event);
    const number = this.eventNumber++;
    this.queue = this.queue
      .then(() => {
        this.backlog.push({ number, event });
        return this.writeBacklog(ruck);
      })
      .catch(() => {});
    await this.queue;
    this.figure(() => this.tell({ do: "event", kind: event.kind, atMs: event.at, loadKg: event.loadKg ?? 0 }));
  }

  private countPause(event: db.RuckEvent) {
    if (event.kind === "pause") this.pausedSince ??= event.at;
    if (event.kind === "resume" && this.pausedSince !== null) {
      this.pausedMs += event.at - this.pausedSince;
      this.pausedSince = null;
    }
  }

  async pause() {
    if (this.phase !== "recording") return;
    this.phase = "paused";
    const at = this.time(Date.now()); // when it was asked for, however long the writing takes
    this.receiver.stop();
    this.letSleep();
    await this.change({ state: "paused" });
    await this.addEvent({ at, kind: "pause" });
    outbox.send();
  }

  async resume() {
    if (this.phase !== "paused") return;
    this.phase = "recording";
    await this.addEvent({ at: this.time(Date.now()), kind: "resume" });
    await this.change({ state: "recording" });
    this.lastFixAt = performance.now();
    this.receiver.start();
    await this.keepAwake();
  }

  async setLoad(kg: number) {
    if (!this.isActive || kg === this.loadKg) return;
    this.loadKg = kg;
    await this.addEvent({ at: this.time(Date.now()), kind: "load", loadKg: kg });
  }

  // Not before every fix is in the store or on the server: what was shown would be lost.
  async finish(): Promise<"finished" | "no-room"> {
    if (!this.isActive || !this.ruck) return "finished";
    this.receiver.stop();
    await this.queue;
    if (!(await this.emptyBacklog(this.ruck))) {
      if (this.phase === "recording") this.receiver.start();
      return "no-room";
    }
    return this.finishAt(this.time(Date.now()));
  }

  private async finishAt(endedAt: number): Promise<"finished" | "no-room"> {
    if (!this.ruck) return "finished";
    await this.figured();
    const totals = this.snapshot?.totals;
    const ended: db.LocalRuck = {
      ...this.ruck,
      state: "finished",
      endedAt,
      totals: totals
        ? {
            distanceM: totals.distanceM,
            activeS: totals.activeS,
            gainM: totals.gainM,
            lossM: totals.lossM,
            kcal: totals.kcal,
          }
        : null,
    };
    try {
      await this.withRoom(() => this.write(ended, { state: ended.state, endedAt, totals: ended.totals }));
    } catch {
      this.trouble("storage", true);
      if (this.phase === "recording") this.receiver.start();
      return "no-room";
    }
    this.ruck = ended;
    this.receiver.stop();
    outbox.ended();
    this.close();
    this.phase = "finished";
    outbox.send();
    return "finished";
  }

  private async emptyBacklog(ruck: db.LocalRuck): Promise<boolean> {
    if (this.backlog.length === 0) return true;
    this.roomMadeAt = -Infinity;
    this.sentDirectlyAt = performance.now();
    await this.writeBacklog(ruck);
    return this.backlog.length === 0 || this.sendBacklog(ruck);
  }

  async discard() {
    if (!this.ruck) return;
    await this.stop({ state: "discarded" });
    await photos.removeOfRuck(this.ruck.key);
    this.clear();
    outbox.send();
  }

  // A finished ruck's own words; they go with its end, or after it: then its record is made again, for
  // the outbox to send them.
  async describe(notes: db.Notes) {
    const before = this.ruck;
    if (!before) return;
    const ruck = (this.ruck = { ...before, notes: { ...before.notes, ...notes } });
    try {
      const isThere = await this.withRoom(() => db.changeRuck(ruck.key, { notes: ruck.notes }));
      if (!isThere) await db.putRuck({ ...ruck, sentStart: true, sentNotes: before.notes });
      outbox.ended();
    } catch {
      this.trouble("storage", true);
    }
    outbox.send();
  }

  // The person goes; the ruck stays on the phone as it is and goes on when they are back.
  private async leave() {
    if (this.isActive) {
      this.receiver.stop();
      await this.queue;
      if (this.ruck) await this.emptyBacklog(this.ruck);
      await this.touch();
      this.close();
    }
    this.clear();
  }

  clear() {
    this.phase = "idle";
    this.ruck = null;
    this.snapshot = null;
    this.line = [];
    this.troubles = new Set();
    this.backlog = [];
    this.countUnwritten();
  }

  private async stop(change: Partial<db.LocalRuck>) {
    this.receiver.stop();
    await this.change(change);
    outbox.ended();
    this.close();
  }
  private close() {
    clearInterval(this.ticker);
    this.letSleep();
    this.engine?.stop();
    this.engine = null;
    this.releaseLock?.();
    this.releaseLock = null;
  }

  private async change(change: Partial<db.LocalRuck>) {
    if (!this.ruck) return;
    const ruck = (this.ruck = { ...this.ruck, ...change });
    await this.withRoom(() => this.write(ruck, change)).catch(() => this.trouble("storage", true));
  }
  // A record that could not be written at the start, or was thrown away by the browser, is made anew:
  // without it nothing of the ruck would be sent.
  private async write(ruck: db.LocalRuck, change: Partial<db.LocalRuck>) {
    if (await db.changeRuck(ruck.key, change)) return;
    await db.putRuck({ ...ruck, sentStart: false, sentFixes: -1, sentEvents: -1 });
    await outbox.look();
  }

  // ---- what happens around it -------------------------------------------------------------------

  trouble(name: Trouble, is: boolean) {
    if (this.troubles.has(name) === is) return;
    const next = new Set(this.troubles);
    if (is) next.add(name);
    else next.delete(name);
    this.troubles = next;
  }

  dismiss(name: Trouble) {
    this.trouble(name, false);
    if (name === "denied" && this.phase === "recording") this.receiver.start();
  }

  private tick() {
    const performanceNow = performance.now();
    const dateNow = Date.now();
    this.watchClock(performanceNow, dateNow);
    this.now = dateNow;
    if (this.phase !== "recording") return;
    if (performanceNow - this.lastFixAt > SILENCE_S * 1000) {
      this.trouble("no-signal", !this.receiver.sampler.isStanding);
    }
    if (performanceNow - this.touchedAt > TOUCH_EVERY_MS) this.touch();
  }

  // Someone set the phone's clock: times go on as if nothing had happened, or the ruck would get
  // points in its own past, or an hour out of nothing.
  private watchClock(performanceNow: number, dateNow: number) {
    const slept = performanceNow - this.tickPerformance > SUSPENDED_MS;
    const jump = dateNow - this.tickDate - (performanceNow - this.tickPerformance);
    this.tickPerformance = performanceNow;
    this.tickDate = dateNow;
    // While the page was hidden the device may have slept, and the running clock with it.
    const wasHidden = this.wasHidden;
    this.wasHidden = document.visibilityState === "hidden";
    if (slept || Math.abs(jump) < CLOCK_JUMP_MS || (jump > 0 && wasHidden)) return;
    this.clockOffset += jump;
    this.receiver.sampler.reset();
    void this.change({ clockOffsetMs: this.clockOffset });
    this.clockJumpS = Math.round(jump / 1000);
    this.trouble("clock", true);
  }

  private async touch() {
    if (!this.isActive || !this.ruck) return;
    this.touchedAt = performance.now();
    await this.write(this.ruck, { lastSeen: this.time(Date.now()) }).catch(() => {});
  }

  private onVisibility() {
    if (document.visibilityState === "hidden") this.wasHidden = true;
    if (this.phase !== "recording") return;
    if (document.visibilityState === "hidden") {
      this.touch();
      this.hiddenSince = this.time(Date.now());
      return;
    }
    this.keepAwake();
    const from = Math.max(this.hiddenSince ?? Infinity, this.lastKept());
    this.hiddenSince = null;
    if (Number.isFinite(from)) this.noteGap({ from, to: this.time(Date.now()), why: "hidden" });
    // Some browsers let a watch die with the screen.
    this.receiver.stop();
    this.receiver.start();
  }
  private hiddenSince: number | null = null;
  private lastKept() {
    return this.snapshot?.totals.endMs ?? 0;
  }

  private noteGap(gap: db.Gap) {
    if (gap.to - gap.from < GAP_S * 1000 || !this.ruck) return;
    this.lastGap = gap;
    this.change({ gaps: [...this.ruck.gaps, gap] });
  }

  private async keepAwake() {
    if (this.wakeLock && !this.wakeLock.released) return;
    try {
      const lock = (await navigator.wakeLock?.request("screen")) ?? null;
      // The rucker may have stopped for a rest meanwhile.
      if (this.phase !== "recording") return void lock?.release();
      this.wakeLock = lock;
      this.awake = lock !== null;
      lock?.addEventListener("release", () => (this.awake = false));
    } catch {
      this.awake = false; // power saving: the browser says no
    }
  }
  private letSleep() {
    this.wakeLock?.release().catch(() => {});
    this.wakeLock = null;
    this.awake = false;
  }

  private async watchBattery() {
    const battery = await (navigator as BatteryNavigator).getBattery?.().catch(() => null);
    if (!battery) return;
    const look = () => {
      const isLow = !battery.charging && battery.level <= LOW_BATTERY;
      this.receiver.sampler.lowBattery = isLow;
      outbox.lowBattery = isLow;
    };
    battery.addEventListener("levelchange", look);
    battery.addEventListener("chargingchange", look);
    look();
  }
}

interface BatteryManager extends EventTarget {
  charging: boolean;
  level: number;
}
interface BatteryNavigator extends Navigator {
  getBattery?: () => Promise<BatteryManager>;
}

export const recorder = new Recorder();
