// When to send, and what to say about it. What it says is counted from the phone's own store, so it
// cannot claim that something is on the server which is not.
import * as db from "../lib/db";
import { session } from "../lib/session.svelte";
import { syncLater } from "../lib/sync-later";
import { photos } from "./photos.svelte";
import { upload } from "./upload";

const BATCH_EVERY_MS = 30_000; // while recording: the radio wakes twice a minute
const LOW_BATTERY_BATCH_EVERY_MS = 120_000;
const RETRY_FIRST_MS = 4_000;
const RETRY_MOST_MS = 300_000;

type State =
  | "saved" // the server has everything
  | "sending"
  | "waiting" // recording: the next batch goes soon
  | "offline"
  | "signed-out"
  | "refused"
  | "clock" // the phone's is ahead of the server's, which does not take points of the future
  | "unknown"; // the phone's store cannot be read

class Outbox {
  state = $state<State>("saved");
  waiting = $state(0); // fixes of all rucks that the server has not acknowledged
  held = $state(0); // fixes that are not even in the store, because it is full
  unfinished = $state(0); // rucks whose end the server does not know
  message = $state<string | null>(null);
  rucks = $state.raw<db.LocalRuck[]>([]);
  lowBattery = false;
  // What may be said: with something left to send and nobody signed in, only that counts.
  shown = $derived.by<State>(() => {
    if (session.state === "expired" && this.waiting + this.held + this.unfinished > 0) return "signed-out";
    if (this.isUnread) return "unknown";
    return this.state === "saved" && this.held > 0 ? "waiting" : this.state;
  });

  private isUnread = $state(false);
  private retryMs = RETRY_FIRST_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | null = null;
  private again = false;
  private sentAt = -Infinity; // of the clock that only runs
  private isUntold = false; // a start, a pause, a load that the server has not got
  private notedCount = 0;
  private listeners = new Set<() => void>();

  start() {
    addEventListener("online", () => this.send());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.send();
    });
    this.send();
  }

  // Called when a ruck has arrived whole.
  onDelivered(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async look() {
    // What comes in while it is counted would be counted twice or not at all: count again.
    let notedBefore: number;
    do {
      notedBefore = this.notedCount;
      let waiting = 0;
      let isUntold = false;
      try {
        this.rucks = (await db.allRucks()).filter((ruck) => ruck.user === session.profile?.id);
        for (const ruck of this.rucks) {
          if (ruck.state !== "discarded") waiting += await db.countWaiting(ruck);
          isUntold ||= !ruck.sentStart || (await db.countEventsWaiting(ruck)) > 0;
        }
        this.isUntold = isUntold;
        this.isUnread = false;
      } catch {
        this.isUnread = true;
        return;
      }
      this.waiting = waiting + this.notedCount - notedBefore;
    } while (this.notedCount !== notedBefore);
    this.unfinished = this.rucks.filter((r) => r.state === "finished" || r.state === "discarded").length;
    if (this.running && this.state === "sending") return;
    const isClean = this.waiting === 0 && this.unfinished === 0 && !this.isUntold;
    if (isClean) this.state = "saved";
    else if (!isClean && this.state === "saved") this.state = "waiting";
  }

  // A fix was written: it goes with the next batch.
  async noted() {
    this.waiting += 1;
    this.notedCount += 1;
    if (this.state === "saved") this.state = "waiting";
    if (this.timer || this.running) return;
    const every = this.lowBattery ? LOW_BATTERY_BATCH_EVERY_MS : BATCH_EVERY_MS;
    this.schedule(Math.max(0, this.sentAt + every - performance.now()));
  }

  // A ruck ended or was thrown away, and the server has to be told. Until it is, nothing says "saved".
  ended() {
    this.unfinished += 1;
    this.notedCount += 1;
    if (this.state === "saved") this.state = "waiting";
  }

  // Now: something ended, the network is back, the user asks. What is under way may have begun
  // before that, so it is followed by another look.
  send(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.running) this.again = true;
    else this.running = this.runAll();
    return this.running ?? Promise.resolve();
  }

  private async runAll() {
    try {
      do {
        this.again = false;
        await this.run();
      } while (this.again);
    } finally {
      this.running = null;
    }
    void photos.send(); // their ruck may have begun on the server
  }

  private schedule(ms: number) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.send();
    }, ms);
  }

  private async run() {
    const user = session.profile?.id;
    await this.look();
    if (!user || this.rucks.length === 0) return;
    const before = this.rucks.length;
    if (this.waiting > 0 || this.unfinished > 0) this.state = "sending";
    let next: State = "saved";
    try {
      const changed = () => {
        this.retryMs = RETRY_FIRST_MS; // something arrives
        void this.look();
      };
      const outcome = await upload(user, { changed });
      // Somebody else is here by now, whose own rucks are looked at.
      if (session.profile?.id !== user) {
        this.state = "saved";
        this.again = session.profile !== null;
        return await this.look();
      }
      this.sentAt = performance.now();
      this.message = outcome.kind === "refused" ? outcome.message : null;
      if (outcome.kind === "done") this.retryMs = RETRY_FIRST_MS;
      else if (outcome.kind === "signed-out") session.expire();
      else if (outcome.kind === "busy") this.retry(outcome.retryAfterS * 1000);
      else if (outcome.kind === "clock") this.schedule(RETRY_MOST_MS);
      else if (outcome.kind === "unreachable") this.retry();
      next =
        outcome.kind === "done"
          ? "saved"
          : outcome.kind === "signed-out" || outcome.kind === "refused" || outcome.kind === "clock"
            ? outcome.kind
            : "offline";
    } catch {
      next = "offline";
      this.retry();
    }
    // "Saved" is what look() finds, not what was true when the last answer came.
    this.state = next === "saved" ? "waiting" : next;
    await this.look();
    if (next === "saved" && this.waiting > 0 && !this.timer) this.schedule(BATCH_EVERY_MS);
    if (this.rucks.length < before) for (const listener of this.listeners) listener();
  }

  private retry(atLeastMs = 0) {
    this.schedule(Math.max(this.retryMs, atLeastMs));
    this.retryMs = Math.min(RETRY_MOST_MS, this.retryMs * 2);
    // The browser may do it for us when the page is closed by then.
    syncLater("ruck-upload");
  }
}

export const outbox = new Outbox();
