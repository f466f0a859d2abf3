// The photos on this phone that are not on the server yet: when they are sent, and what is said about
// them. What it says is counted from the phone's store.
import type { Photo } from "$generated/api";
import * as photoDb from "../lib/photo-db";
import type { LocalPhoto } from "../lib/photo-db";
import { session } from "../lib/session.svelte";
import { syncLater } from "../lib/sync-later";
import { sendPhotos, type PhotoOutcome } from "./photo-upload";

const RETRY_FIRST_MS = 4_000;
const RETRY_MOST_MS = 300_000;
// Of the store. A recording of a day is 5 MB: what is left must be enough for it.
const ROOM_LEFT_BYTES = 25_000_000;

type State = "saved" | "sending" | "waiting" | "offline" | "signed-out" | "refused";

// This device has no room for it.
export class NoRoom extends Error {}

class Photos {
  all = $state.raw<LocalPhoto[]>([]); // of this person, the oldest first
  sendingId = $state<string | null>(null);
  held = $state<PhotoOutcome["kind"]>("done"); // what holds them up
  arrived = $state.raw<{ ruck: string; photo: Photo }[]>([]); // since the page was opened; `ruck` as in LocalPhoto
  waiting = $derived(this.all.filter((photo) => photo.problem === null).length);
  shown = $derived.by<State>(() => {
    if (this.all.length === 0) return "saved";
    if (session.state === "expired") return "signed-out";
    if (this.waiting === 0) return "refused";
    if (this.sendingId !== null) return "sending";
    return this.held === "done" || this.held === "early" ? "waiting" : "offline";
  });

  private unwanted = 0; // removed here, and perhaps not on the server
  private retryMs = RETRY_FIRST_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private notBefore = -Infinity; // of the clock that only runs: when a busy server wants to be asked
  private running: Promise<void> | null = null;
  private again = false;

  constructor() {
    session.onLeave(async () => {
      clearTimeout(this.timer);
      this.all = [];
      this.arrived = [];
    });
  }

  async look() {
    const user = session.profile?.id;
    const all = user ? await photoDb.photosOf(user).catch(() => this.all) : [];
    if (session.profile?.id !== user) return;
    this.all = all.filter((photo) => !photo.isUnwanted);
    this.unwanted = all.length - this.all.length;
  }

  of(key: string | undefined, id: string | undefined): LocalPhoto[] {
    return this.all.filter((photo) => photo.ruck === key || (id !== undefined && (photo.ruck === id || photo.serverId === id)));
  }

  // NoRoom where the phone has none; the recording goes before photos.
  async add(photo: Omit<LocalPhoto, "user" | "problem">) {
    if (!session.profile) return;
    const { quota, usage } = (await navigator.storage?.estimate?.().catch(() => undefined)) ?? {};
    if (quota !== undefined && quota - (usage ?? 0) - photo.blob.size < ROOM_LEFT_BYTES) throw new NoRoom();
    try {
      await photoDb.putPhoto({ ...photo, user: session.profile.id, problem: null });
    } catch {
      throw new NoRoom();
    }
    await this.look();
  }
  async change(id: string, change: Partial<LocalPhoto>) {
    await photoDb.changePhoto(id, change).catch(() => {});
    await this.look();
  }
  async remove(id: string) {
    const photo = await photoDb.getPhoto(id);
    if (photo?.wasTried && photo.problem === null) {
      await photoDb.changePhoto(id, { isUnwanted: true });
      void this.send();
    } else await photoDb.removePhoto(id);
    await this.look();
  }
  async removeOfRuck(key: string) {
    await photoDb.removePhotosOfRuck(key).catch(() => {});
    await this.look();
  }

  // Now, or as soon as a busy server wants it.
  send(): Promise<void> {
    if (this.notBefore > performance.now()) {
      this.schedule(this.notBefore - performance.now());
      return this.look();
    }
    clearTimeout(this.timer);
    if (this.running) this.again = true;
    else this.running = this.runAll();
    return this.running ?? Promise.resolve();
  }
  private schedule(ms: number) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), ms);
  }
  private async runAll() {
    try {
      do {
        this.again = false;
        await this.run();
      } while (this.again && this.notBefore <= performance.now());
    } finally {
      this.running = null;
    }
  }

  private async run() {
    const user = session.profile?.id;
    await this.look();
    if (this.waiting === 0) this.held = "done";
    if (!user || this.waiting + this.unwanted === 0) return;
    const outcome = await sendPhotos(user, {
      sending: (id) => (this.sendingId = id),
      arrived: (photo, { ruck }) => {
        this.retryMs = RETRY_FIRST_MS;
        this.arrived = [...this.arrived.filter((each) => each.photo.id !== photo.id), { ruck, photo }];
      },
      changed: () => this.look(),
    }).catch((): PhotoOutcome => ({ kind: "unreachable" }));
    if (session.profile?.id !== user) return; // their photos wait for them
    this.held = outcome.kind;
    if (outcome.kind === "signed-out") session.expire();
    else if (outcome.kind === "busy") {
      // Also said of a photo that has arrived and is still being made: then it is soon.
      this.notBefore = performance.now() + outcome.retryAfterS * 1000;
      if (outcome.retryAfterS > 0) this.schedule(outcome.retryAfterS * 1000);
      else this.retry();
    } else if (outcome.kind === "unreachable") this.retry();
    else if (outcome.kind === "no-room" || outcome.kind === "older") this.schedule(RETRY_MOST_MS);
  }

  private retry(atLeastMs = 0) {
    this.schedule(Math.max(this.retryMs, atLeastMs));
    this.retryMs = Math.min(RETRY_MOST_MS, this.retryMs * 2);
    syncLater("ruck-upload");
  }
}

export const photos = new Photos();
