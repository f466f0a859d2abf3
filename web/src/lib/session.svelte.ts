// Who is signed in. Opening the app offline is not signing out: whoever was here last is still here,
// and what needs the server waits.
//
// All tabs of a browser share one person: the cookie, the store and the caches are the browser's. So
// a tab whose person signed out, or was replaced, in another one starts anew, and nothing of the one
// is sent or shown under the name of the other (`api.belongTo`).
import type { Profile, SignedIn } from "$generated/api";
import * as api from "./api";
import * as db from "./db";
import * as photoDb from "./photo-db";
import { syncLater } from "./sync-later";

const LAST_PROFILE = "profile";
const LEAVING = "leaving"; // signed out here, and the server has not heard of it
const CHANNEL = "ruck-session";
// Of sw.ts: maps, and photos of rucks.
const PICTURE_CACHES = ["ruck-tiles", "ruck-photos"];
const TELL_AGAIN_MS = 30_000;

type State =
  | "starting"
  | "out" // nobody
  | "in"
  | "expired"; // somebody, who has to sign in again before anything can be sent

class Session {
  state = $state<State>("starting");
  profile = $state<Profile | null>(null);
  metric = $derived(this.profile?.prefer_metric ?? !usesMiles());
  isLeaving = $state(false);

  private channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(CHANNEL) : null;
  private leavers = new Set<() => Promise<void>>();
  private telling: Promise<void> | null = null;

  async start() {
    api.onAnotherPerson(() => this.compare());
    this.channel?.addEventListener("message", () => this.compare());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.compare();
    });
    addEventListener("online", () => this.tellOfLeaving());
    // What another tab or an evicted database left behind is no reason not to start.
    const last = await db.getValue<Profile | null>(LAST_PROFILE).catch(() => undefined);
    this.isLeaving = (await db.getValue<boolean>(LEAVING).catch(() => undefined)) === true;
    if (this.isLeaving) this.tellOfLeaving();
    if (!last) {
      this.state = "out";
      return;
    }
    this.profile = last;
    api.belongTo(last.id);
    this.state = "in";
    this.refresh();
  }

  // Renews the session in the background.
  async refresh() {
    const before = this.profile?.id;
    try {
      const renewed = await api.renew();
      if (this.profile?.id === before) await this.take(renewed);
    } catch (problem) {
      if (problem instanceof api.SignedOut) this.expire();
    }
  }

  async take(signedIn: SignedIn) {
    if (this.profile && this.profile.id !== signedIn.user.id) await this.clean();
    api.belongTo(signedIn.user.id);
    api.keep(signedIn);
    if (this.isLeaving) {
      // The cookie of the one who left has just been replaced.
      this.isLeaving = false;
      await db.setValue(LEAVING, undefined).catch(() => {});
    }
    const isNews = this.profile?.id !== signedIn.user.id;
    this.profile = signedIn.user;
    this.state = "in";
    await db.setValue(LAST_PROFILE, $state.snapshot(signedIn.user)).catch(() => {});
    if (isNews) this.channel?.postMessage("changed");
  }

  update(profile: Profile) {
    this.profile = profile;
    db.setValue(LAST_PROFILE, $state.snapshot(profile)).catch(() => {});
  }

  expire() {
    if (this.state === "in") this.state = "expired";
  }

  // Called, and waited for, before the person is replaced by nobody or by another one.
  onLeave(listener: () => Promise<void>) {
    this.leavers.add(listener);
  }

  // Here at once, with or without a network; the server hears of it as soon as it can be reached.
  // Rucks that it does not have yet stay on the phone for the next sign-in.
  async signOut() {
    if (this.profile) await this.clean();
    this.isLeaving = true;
    await db.setValue(LEAVING, true).catch(() => {});
    await this.nobody();
    void this.tellOfLeaving();
  }

  // The account is gone, and with it all that this device has of it. What other people have recorded
  // here and not sent yet is theirs.
  async forgetEverything() {
    const user = this.profile?.id;
    if (user) {
      await this.clean();
      await db.removeRucksOf(user).catch(() => {});
      await photoDb.removePhotosOf(user).catch(() => {});
    }
    await this.nobody();
  }

  private async nobody() {
    api.belongTo(null);
    await db.setValue(LAST_PROFILE, null).catch(() => {});
    this.profile = null;
    this.state = "out";
    this.channel?.postMessage("changed");
  }

  // What was shown to one person is not left for the next: replies, photos, and the map of where they went.
  private async clean() {
    for (const leaver of this.leavers) await leaver().catch(() => {});
    await this.makeRoom();
  }

  // Removes what can be fetched again.
  async makeRoom() {
    await db.clearReplies().catch(() => {});
    for (const name of PICTURE_CACHES) await globalThis.caches?.delete(name).catch(() => {});
    navigator.serviceWorker?.controller?.postMessage("forget-pictures");
  }

  // One at a time, and before anybody signs in: its answer takes the cookie away.
  tellOfLeaving(): Promise<void> {
    this.telling ??= this.tryToTell().finally(() => (this.telling = null));
    return this.telling;
  }
  private async tryToTell() {
    if (!this.isLeaving) return;
    try {
      await api.leave();
      this.isLeaving = false;
      await db.setValue(LEAVING, undefined).catch(() => {});
    } catch {
      setTimeout(() => this.tellOfLeaving(), TELL_AGAIN_MS);
      syncLater("ruck-leave");
    }
  }

  // Another tab may have changed who is here. A store that has lost its values says nothing of that.
  private async compare() {
    if (this.state === "starting") return;
    const last = await db.getValue<Profile | null>(LAST_PROFILE).catch(() => undefined);
    if (last === undefined || last?.id === this.profile?.id) return;
    for (const leaver of this.leavers) await leaver().catch(() => {});
    location.reload();
  }
}

function usesMiles(): boolean {
  return /^en-(US|LR|MM|GB)/.test(navigator.language) && !navigator.language.startsWith("en-GB");
}

export const session = new Session();
