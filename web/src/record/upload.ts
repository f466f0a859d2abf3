// Sends what is on the phone and not on the server. Runs in pages and in the service worker; a lock
// keeps it to one at a time.
//
// Everything it sends may be sent again: the ruck has a name of the phone's own, a point is known by
// its moment, an event by its moment and kind. So after a reply that was lost it starts over from
// what was acknowledged last.
import type { BatchReply } from "$generated/api";
import { Refused, SignedOut, TimedOut, Unreachable, del, isOwner, patch, post } from "../lib/api";
import * as db from "../lib/db";

const FIXES_PER_BATCH = 500; // 60 KB as JSON
// Where a batch takes longer than a request may, the next one is smaller: 20 fixes pass within 30 s at
// 0.7 kbit/s, less than any radio gives.
const FIXES_PER_BATCH_LEAST = 20;
const SMALLER = 4; // times
const LARGER = 2; // times, after each that passes, up to half of what did not
let fixesPerBatch = FIXES_PER_BATCH;
let tooMany = Infinity;
const LOCK = "ruck-upload";
// By so much the server's way may be shorter than the one that was shown: both compute the same, so
// more than rounding means that it has not got every fix.
const SHORT_PART = 0.01;
const SHORT_M = 20;

export type Outcome =
  | { kind: "done" } // the server has everything
  | { kind: "unreachable" }
  | { kind: "signed-out" }
  | { kind: "busy"; retryAfterS: number }
  | { kind: "clock" } // this phone's is ahead of the server's: some points are not taken yet
  | { kind: "refused"; message: string };

// What is said of a route that is not there.
export const OLDER_CODES = new Set(["not_found", "method_not_allowed"]);

class Again extends Error {}
// The server takes no point of the future: this phone's clock is ahead, and time will mend it.
class NotYet extends Error {}

export interface Progress {
  changed?: (key: string) => void;
}

const iso = (ms: number) => new Date(ms).toISOString();
// Where to send it; asked for at each request, since whoever is signed in may have changed meanwhile:
// then it waits for its own person.
function url(ruck: db.LocalRuck, what = "") {
  if (!isOwner(ruck.user)) throw new SignedOut();
  return `/api/rucks/${ruck.key}${what}`;
}

// The server has closed the ruck, for want of news, or has all that it takes: what else there is of it
// is sent all the same.
function unlessEnded(problem: unknown): undefined {
  if (!(problem instanceof Refused) || problem.code !== "invalid_state") throw problem;
}
const weights = (ruck: db.LocalRuck) => ({ ruck_weight_kg: ruck.loadKg, user_weight_kg: ruck.body.weightKg });

async function sendStart(ruck: db.LocalRuck) {
  if (ruck.sentStart) return;
  const begun = await post("POST /api/rucks/{id}/start", url(ruck, "/start"), {
    started_at: iso(ruck.startedAt),
    ...weights(ruck),
    ...(ruck.visibility ? { visibility: ruck.visibility } : {}),
  }).catch(unlessEnded);
  ruck.sentStart = true;
  if (begun) ruck.serverId = begun.id;
  await db.changeRuck(ruck.key, { sentStart: true, ...(begun ? { serverId: begun.id } : {}) });
}

function asPoint(fix: db.Fix) {
  return {
    lat: fix.lat,
    lng: fix.lng,
    timestamp: iso(fix.t),
    ...(fix.alt === null ? {} : { altitude: fix.alt }),
    ...(fix.acc === null ? {} : { accuracy: fix.acc }),
    ...(fix.spd === null ? {} : { speed: fix.spd }),
  };
}

// A point of the future is taken later; one that can never be taken holds nothing up.
function checkTaken(reply: BatchReply, count: number) {
  if (reply.rejected_points?.some(({ reason }) => reason === "time_in_future")) throw new NotYet();
  if (!(reply.inserted + reply.duplicates + reply.rejected >= count)) throw new Unreachable();
}

// The server knows this name for another ruck than before: it had lost the first, or somebody has
// deleted it. All is sent again, and who may see it is said before anything else.
async function noticeAnotherRuck(ruck: db.LocalRuck, id: number) {
  if (ruck.serverId === undefined || ruck.serverId === id) return;
  if (ruck.visibility) await patch("PATCH /api/rucks/{id}/details", url(ruck, "/details"), { visibility: ruck.visibility });
  await db.changeRuck(ruck.key, { serverId: id, sentStart: true, sentFixes: -1, sentEvents: -1, sentTwice: true });
  throw new Again();
}

async function sendPoints(ruck: db.LocalRuck, fixes: db.Fix[]): Promise<BatchReply> {
  const points = fixes.map(asPoint);
  const reply = await post("POST /api/rucks/{id}/location", url(ruck, "/location"), { points }).catch((problem: unknown) => {
    if (problem instanceof TimedOut) {
      tooMany = points.length;
      fixesPerBatch = Math.max(FIXES_PER_BATCH_LEAST, Math.floor(tooMany / SMALLER));
    }
    throw problem;
  });
  fixesPerBatch = Math.max(fixesPerBatch, Math.min(FIXES_PER_BATCH, fixesPerBatch * LARGER, Math.floor(tooMany / 2)));
  checkTaken(reply, points.length);
  return reply;
}

async function sendFixes(ruck: db.LocalRuck, progress: Progress) {
  for (;;) {
    const most = fixesPerBatch;
    const batch = await db.fixesOf(ruck.key, ruck.sentFixes, most);
    if (batch.length === 0) return;
    const reply = await sendPoints(ruck, batch.map(({ item }) => item));
    await noticeAnotherRuck(ruck, reply.ruck_id);
    ruck.sentFixes = batch[batch.length - 1]!.number;
    await db.changeRuck(ruck.key, { sentFixes: ruck.sentFixes });
    progress.changed?.(ruck.key);
    // What came in meanwhile goes with the next batch: on a slow network there would be no end to it.
    if (batch.length < most) return;
  }
}

async function sendEvent(ruck: db.LocalRuck, event: db.RuckEvent) {
  const body = { timestamp: iso(event.at), ...(event.loadKg === undefined ? {} : { load_kg: event.loadKg }) };
  const sent =
    event.kind === "pause"
      ? post("POST /api/rucks/{id}/pause", url(ruck, "/pause"), body)
      : event.kind === "resume"
        ? post("POST /api/rucks/{id}/resume", url(ruck, "/resume"), body)
        : post("POST /api/rucks/{id}/load", url(ruck, "/load"), body);
  await sent.catch(unlessEnded);
}
async function sendEvents(ruck: db.LocalRuck) {
  for (const { number, item } of await db.eventsOf(ruck.key, ruck.sentEvents)) {
    await sendEvent(ruck, item);
    ruck.sentEvents = number;
    await db.changeRuck(ruck.key, { sentEvents: number });
  }
}

const unlessGone = (problem: unknown) => {
  if (!(problem instanceof Refused) || problem.status !== 404) throw problem;
};

// The words are read as late as can be, and once more after the end was acknowledged: the rucker may
// write them while the last batches are on their way.
async function sendEnd(key: string): Promise<"told" | "short"> {
  for (;;) {
    const ruck = await db.getRuck(key);
    if (!ruck || (ruck.state !== "finished" && ruck.state !== "discarded")) return "told";
    if (ruck.state === "discarded") {
      // Also where the answer to the start was lost.
      await del("DELETE /api/rucks/{id}", url(ruck)).catch(unlessGone);
      await db.removeRuck(key);
      return "told";
    }
    const words = db.untold(ruck);
    if (!ruck.sentNotes) {
      const { distance_km } = await post("POST /api/rucks/{id}/complete", url(ruck, "/complete"), {
        started_at: iso(ruck.startedAt),
        completed_at: iso(ruck.endedAt ?? ruck.lastSeen),
        ...(ruck.sentTwice ? { ...weights(ruck), ...(ruck.visibility ? { visibility: ruck.visibility } : {}) } : {}),
        ...words,
      });
      const wayM = ruck.totals?.distanceM ?? 0;
      if (!ruck.sentTwice && !(distance_km * 1000 >= wayM * (1 - SHORT_PART) - SHORT_M)) {
        await db.changeRuck(key, { sentStart: false, sentFixes: -1, sentEvents: -1, sentTwice: true });
        return "short";
      }
    } else if (Object.keys(words).length > 0) {
      await patch("PATCH /api/rucks/{id}/details", url(ruck, "/details"), words).catch(unlessGone);
    }
    await db.changeRuck(key, { sentNotes: { ...ruck.sentNotes, ...words } });
    await db.removeIfToldAll(key);
  }
}

async function sendAll(ruck: db.LocalRuck, progress: Progress): Promise<"told" | "short"> {
  if (ruck.state !== "discarded") {
    await sendStart(ruck);
    await sendFixes(ruck, progress);
    await sendEvents(ruck);
  }
  // As it was when its fixes were looked up: one that has ended since may have more of them.
  return ruck.state === "finished" || ruck.state === "discarded" ? sendEnd(ruck.key) : "told";
}

// A server that went back to an older backup has acknowledged what it no longer has. This phone still
// does, until the end: so the length of the way is compared, and all is sent once more.
async function sendRuck(ruck: db.LocalRuck, progress: Progress) {
  const outcome = await sendAll(ruck, progress).catch((problem: unknown) => {
    if (problem instanceof Again) return "short" as const;
    throw problem;
  });
  if (outcome === "short") {
    const again = await db.getRuck(ruck.key);
    if (again) await sendAll(again, progress);
  }
  if (ruck.problem !== null) await db.changeRuck(ruck.key, { problem: null });
  progress.changed?.(ruck.key);
}

function outcomeOf(problem: unknown): Outcome {
  if (problem instanceof Unreachable) return { kind: "unreachable" };
  if (problem instanceof SignedOut) return { kind: "signed-out" };
  if (problem instanceof NotYet) return { kind: "clock" };
  if (problem instanceof Refused) {
    if (problem.isBusy) return { kind: "busy", retryAfterS: problem.retryAfterS };
    return { kind: "refused", message: OLDER_CODES.has(problem.code) ? db.OLDER_SERVER : problem.message };
  }
  throw problem;
}

// Fixes that the phone's store has no room for, straight from memory.
export async function sendDirectly(ruck: db.LocalRuck, fixes: db.Fix[], events: db.RuckEvent[]): Promise<void> {
  await sendStart(ruck);
  for (let from = 0, most = 0; from < fixes.length; from += most) {
    most = fixesPerBatch;
    await sendPoints(ruck, fixes.slice(from, from + most));
  }
  for (const event of events) await sendEvent(ruck, event);
}

// Of this user's rucks, the oldest first. One that is refused, or that the server fails at, does not
// hold up the others.
async function uploadNow(user: string, progress: Progress): Promise<Outcome> {
  let worst: Outcome = { kind: "done" };
  const rucks = (await db.allRucks()).filter((ruck) => ruck.user === user);
  for (const ruck of rucks.sort((a, b) => a.startedAt - b.startedAt)) {
    try {
      await sendRuck(ruck, progress);
    } catch (problem) {
      const outcome = outcomeOf(problem);
      const isItsOwn = outcome.kind === "refused" || outcome.kind === "clock" || (problem instanceof Refused && problem.status === 500);
      if (!isItsOwn) return outcome;
      if (outcome.kind === "refused") await db.changeRuck(ruck.key, { problem: outcome.message });
      worst = outcome;
    }
  }
  tooMany = Infinity; // next time reception may be better
  return worst;
}

export async function upload(user: string, progress: Progress = {}): Promise<Outcome> {
  const work = () => uploadNow(user, progress);
  return "locks" in navigator ? navigator.locks.request(LOCK, work) : work();
}
