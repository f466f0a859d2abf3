// Who is signed in. Opening the app offline is not signing out: whoever was here last is still here,
// and what needs the server waits.
import type { Profile, SignedIn } from "$generated/api";
import * as api from "./api";
import * as db from "./db";

const LAST_PROFILE = "profile";

type State =
  | "starting"
  | "out" // nobody
  | "in"
  | "expired"; // somebody, who has to sign in again before anything can be sent

class Session {
  state = $state<State>("starting");
  profile = $state<Profile | null>(null);
  metric = $derived(this.profile?.prefer_metric ?? !usesMiles());

  async start() {
    // What another tab or an evicted database left behind is no reason not to start.
    const last = await db.getValue<Profile>(LAST_PROFILE).catch(() => undefined);
    if (!last) {
      this.state = "out";
      return;
    }
    this.profile = last;
    this.state = "in";
    this.refresh();
  }

  // Renews the session in the background.
  async refresh() {
    try {
      this.take(await api.renew());
    } catch (problem) {
      if (problem instanceof api.SignedOut) this.state = "expired";
    }
  }

  take(signedIn: SignedIn) {
    api.keep(signedIn);
    this.update(signedIn.user);
    this.state = "in";
  }

  update(profile: Profile) {
    const isAnother = this.profile !== null && this.profile.id !== profile.id;
    this.profile = profile;
    if (isAnother) db.clearReplies().catch(() => {});
    db.setValue(LAST_PROFILE, $state.snapshot(profile)).catch(() => {});
  }

  expire() {
    if (this.state === "in") this.state = "expired";
  }

  // Rucks that the server does not have yet stay on the phone for the next sign-in.
  async signOut() {
    await api.leave().catch(() => {});
    api.forget();
    await db.setValue(LAST_PROFILE, undefined).catch(() => {});
    await db.clearReplies().catch(() => {});
    this.profile = null;
    this.state = "out";
  }

  async forgetEverything() {
    api.forget();
    await db.clearAll().catch(() => {});
    this.profile = null;
    this.state = "out";
  }
}

function usesMiles(): boolean {
  return /^en-(US|LR|MM|GB)/.test(navigator.language) && !navigator.language.startsWith("en-GB");
}

export const session = new Session();
