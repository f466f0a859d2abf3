// Sends the photos that are on the phone. Runs in pages and in the service worker; a lock keeps it to
// one at a time. One photo a request: each is acknowledged by itself, and what a lost network undoes is
// one photo. The same file sent to the same ruck again is the same photo there, so one whose answer was
// lost is sent again.
import type { Photo } from "$generated/api";
import { Refused, SignedOut, Unreachable, del, form, isOwner, patch } from "../lib/api";
import * as db from "../lib/db";
import * as photoDb from "../lib/photo-db";
import type { LocalPhoto } from "../lib/photo-db";
import { OLDER_CODES } from "./upload";

const LOCK = "ruck-photos";
const TOO_SLOW = 408;
const NO_ROOM = 507;

export type PhotoOutcome =
  | { kind: "done" } // the server has all that it takes
  | { kind: "early" } // a ruck has not begun there yet
  | { kind: "unreachable" }
  | { kind: "signed-out" }
  | { kind: "older" } // the server knows nothing of photos
  | { kind: "no-room" }
  | { kind: "busy"; retryAfterS: number };

export interface PhotoProgress {
  sending?: (id: string | null) => void;
  arrived?: (photo: Photo, sent: LocalPhoto) => void;
  changed?: () => unknown;
}

// Nothing where the server has not got the ruck yet.
async function serverRuckOf(photo: LocalPhoto): Promise<string | null> {
  if (/^\d+$/.test(photo.ruck)) return photo.ruck;
  const ruck = await db.getRuck(photo.ruck);
  // All of it has arrived: the server knows it by the phone's name as well.
  if (!ruck) return photo.serverId ?? photo.ruck;
  if (ruck.serverId === undefined) return null;
  const id = String(ruck.serverId);
  if (id !== photo.serverId) await photoDb.changePhoto(photo.id, { serverId: id });
  return id;
}

const extension = (type: string) => `.${type.split("/").pop()?.replace("jpeg", "jpg") ?? "jpg"}`;
function bodyOf(photo: LocalPhoto, ruckId: string): FormData {
  const body = new FormData();
  body.append("ruck_id", ruckId);
  body.append("alt_text", photo.altText);
  if (photo.keepsOriginal) body.append("keep_original", "true");
  const hasExtension = /\.\w{3,4}$/.test(photo.name);
  body.append("photos", new File([photo.blob], hasExtension ? photo.name : photo.name + extension(photo.blob.type), { type: photo.blob.type }));
  return body;
}

// What its person did while it was on its way counts for the photo that is there now.
async function settle(sent: LocalPhoto, photo: Photo): Promise<Photo | null> {
  const now = await photoDb.getPhoto(sent.id);
  if (!now) return photo;
  if (now.isUnwanted) {
    await del("DELETE /api/ruck-photos", `/api/ruck-photos?photo_id=${photo.id}`);
    await photoDb.removePhoto(sent.id);
    return null;
  }
  if (now.altText !== sent.altText) {
    await patch("PATCH /api/ruck-photos/{id}", `/api/ruck-photos/${photo.id}`, { alt_text: now.altText });
  }
  await photoDb.removePhoto(sent.id);
  return { ...photo, alt_text: now.altText };
}

async function sendOne(photo: LocalPhoto, progress: PhotoProgress): Promise<"sent" | "early"> {
  const ruckId = await serverRuckOf(photo);
  if (ruckId === null) return "early";
  const isThere = await photo.blob.slice(0, 1).arrayBuffer().then(() => true, () => false);
  if (!isThere) {
    await photoDb.changePhoto(photo.id, { problem: photoDb.LOST });
    return "sent";
  }
  if (!isOwner(photo.user)) throw new SignedOut();
  progress.sending?.(photo.id);
  if (!photo.wasTried) await photoDb.changePhoto(photo.id, { wasTried: true });
  const reply = await form("POST /api/ruck-photos", "/api/ruck-photos", bodyOf(photo, ruckId));
  const [there] = reply.photos;
  if (!there) {
    await photoDb.changePhoto(photo.id, { problem: reply.refused[0]?.reason ?? "" });
    return "sent";
  }
  const kept = await settle(photo, there);
  if (kept) progress.arrived?.(kept, photo);
  return "sent";
}

// What holds up all of them, or nothing: then it is this photo's own.
function outcomeOf(problem: unknown): PhotoOutcome | null {
  if (problem instanceof Unreachable) return { kind: "unreachable" };
  if (problem instanceof SignedOut) return { kind: "signed-out" };
  if (!(problem instanceof Refused)) throw problem;
  if (OLDER_CODES.has(problem.code)) return { kind: "older" };
  if (problem.status === 401) return { kind: "signed-out" };
  if (problem.status === TOO_SLOW) return { kind: "unreachable" };
  if (problem.status === NO_ROOM) return { kind: "no-room" };
  return problem.isBusy ? { kind: "busy", retryAfterS: problem.retryAfterS } : null;
}

async function sendNow(user: string, progress: PhotoProgress): Promise<PhotoOutcome> {
  let worst: PhotoOutcome = { kind: "done" };
  const all = await photoDb.photosOf(user);
  // Of all, before any is sent: a ruck's record goes when the ruck has arrived whole.
  for (const photo of all) await serverRuckOf(photo);
  for (const { id } of all) {
    const photo = await photoDb.getPhoto(id);
    if (!photo) continue;
    if (photo.problem !== null) {
      if (photo.isUnwanted) await photoDb.removePhoto(id);
      continue;
    }
    try {
      if ((await sendOne(photo, progress)) === "early") worst = { kind: "early" };
    } catch (failure) {
      const outcome = outcomeOf(failure);
      // A server that fails at one may take the others.
      if (outcome && !(failure instanceof Refused && failure.status === 500)) return outcome;
      if (outcome) worst = outcome;
      else await photoDb.changePhoto(id, { problem: (failure as Refused).status === 404 ? photoDb.GONE : (failure as Refused).message });
    } finally {
      progress.sending?.(null);
      await progress.changed?.();
    }
  }
  return worst;
}

export async function sendPhotos(user: string, progress: PhotoProgress = {}): Promise<PhotoOutcome> {
  const work = () => sendNow(user, progress);
  return "locks" in navigator ? navigator.locks.request(LOCK, work) : work();
}
