// Whether this browser rings for the person who is signed in, and how that begins and ends. The server
// keeps a subscription for the sign-in that named it, so it is named again at each start.
import { del, post } from "./api";
import * as db from "./db";
import { install } from "./install.svelte";
import { bodyOf, KEPT_PUSH, subscriptionFor, subscriptionsPath, type KeptPush } from "./push-wire";
import { session } from "./session.svelte";
import { webConfig } from "./web-config";

export type PushState =
  | "looking"
  | "on"
  | "off"
  | "blocked" // by the browser
  | "unsupported"
  | "home-screen" // an iPhone, which wants the app there first
  | "no-keys" // this server sends none
  | "unknown"; // without a connection
export type Outcome = "on" | "dismissed" | "blocked";

// The push service of the browser's maker may not be there at all, and some browsers wait for ever.
const SUBSCRIBE_WITHIN_MS = 30_000;
const LEAVE_WITHIN_MS = 2_000;
// "Not now": whom, in the store's values.
const DECLINED = "push-declined";

export class NoPushService extends Error {
  constructor() {
    super("no push service");
  }
}

const within = <T>(work: Promise<T>, ms: number): Promise<T> =>
  Promise.race([work, new Promise<never>((_, reject) => setTimeout(() => reject(new NoPushService()), ms))]);
const isApple = () => "standalone" in navigator;
const kept = () => db.getValue<KeptPush>(KEPT_PUSH).catch(() => undefined);

class Push {
  state = $state<PushState>("looking");
  // Nobody has said "not now" here, as far as is known.
  mayAsk = $state(false);

  constructor() {
    session.onLeave(() => this.leave());
  }

  async look() {
    this.mayAsk = (await db.getValue<string>(DECLINED).catch(() => "")) !== session.profile?.id;
    this.state = await this.stateNow();
  }

  private async stateNow(): Promise<PushState> {
    const registration = await this.registration();
    if (!registration) return isApple() && !("PushManager" in globalThis) ? "home-screen" : "unsupported";
    const config = await webConfig();
    if (!config) return "unknown";
    if (config.vapid_public_key === "") return "no-keys";
    if (Notification.permission === "denied") return "blocked";
    const [mine, subscription] = await Promise.all([kept(), registration.pushManager.getSubscription().catch(() => null)]);
    const isOn = Notification.permission === "granted" && subscription !== null && mine?.user === session.profile?.id && mine?.endpoint === subscription.endpoint;
    return isOn ? "on" : "off";
  }

  private async registration(): Promise<ServiceWorkerRegistration | undefined> {
    if (!("PushManager" in globalThis) || !("Notification" in globalThis) || !("serviceWorker" in navigator)) return undefined;
    await install.register(); // at a first sign-in it may be under way still
    return navigator.serviceWorker.getRegistration().catch(() => undefined);
  }

  // The browser's question is asked here, so only after a click.
  async turnOn(): Promise<Outcome> {
    const permission = await Notification.requestPermission();
    if (permission === "granted") await this.subscribe();
    await this.look();
    return permission === "granted" ? "on" : permission === "denied" ? "blocked" : "dismissed";
  }

  private async subscribe() {
    const user = session.profile?.id;
    const key = (await webConfig())?.vapid_public_key;
    if (!user || !key) return;
    const made = navigator.serviceWorker.ready.then(({ pushManager }) => subscriptionFor(pushManager, key));
    let subscription: PushSubscription;
    try {
      subscription = await within(made, SUBSCRIBE_WITHIN_MS);
    } catch {
      throw new NoPushService();
    }
    await post("POST /api/push/subscriptions", subscriptionsPath, bodyOf(subscription));
    await db.setValue(KEPT_PUSH, { user, endpoint: subscription.endpoint } satisfies KeptPush);
  }

  async turnOff() {
    await this.forget();
    await this.look();
  }

  // The browser forgets its side whether or not the server can be told: it finds out at the next push.
  private async forget() {
    const mine = await kept();
    await db.setValue(KEPT_PUSH, undefined).catch(() => {});
    const registration = await this.registration();
    const subscription = await registration?.pushManager.getSubscription().catch(() => null);
    const endpoint = mine?.endpoint ?? subscription?.endpoint;
    if (endpoint) del("DELETE /api/push/subscriptions", `${subscriptionsPath}?endpoint=${encodeURIComponent(endpoint)}`).catch(() => {});
    await subscription?.unsubscribe().catch(() => false);
  }

  // What was shown to one person is not left on the screen for the next.
  private async leave() {
    // In another tab somebody else may have turned it on for themselves by now.
    if ((await kept())?.user !== session.profile?.id) return;
    const closed = this.registration()
      .then((registration) => registration?.getNotifications())
      .then((shown) => shown?.forEach((each) => each.close()));
    await within(Promise.all([this.forget(), closed]), LEAVE_WITHIN_MS).catch(() => {});
    this.state = "looking";
  }

  async atStart() {
    const mine = await kept();
    if (!mine || mine.user !== session.profile?.id || !(await this.registration())) return;
    try {
      if (Notification.permission === "granted") await this.subscribe();
      else if (Notification.permission === "denied") await this.forget();
    } catch {
      // At the next start.
    }
    await this.look();
  }

  async notNow() {
    this.mayAsk = false;
    await db.setValue(DECLINED, session.profile?.id).catch(() => {});
  }
}

export const push = new Push();
