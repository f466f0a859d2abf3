// What comes from the server while nobody looks: shown, and, when it is tapped, opened.
/// <reference lib="webworker" />
import type { Profile } from "$generated/api";
import { workerText } from "../i18n/worker";
import { belongTo, post } from "../lib/api";
import * as db from "../lib/db";
import { NOTICES, placeOf, type NoticeData } from "../lib/notice-place";
import { bodyOf, KEPT_PUSH, subscriptionFor, subscriptionsPath, type KeptPush } from "../lib/push-wire";
import { readLater } from "../lib/read-later";
import { webConfig } from "../lib/web-config";

const TEXT_MOST = 1000; // characters; phones show some 200
const TAG_MOST = 200;
const ANSWER_WITHIN_MS = 1_000; // of a page, which may be frozen
const ICON = "/icon-192.png";
const BADGE = "/badge-96.png"; // what phones show in the status bar: its shape alone

interface Payload {
  title: string;
  body: string;
  tag: string;
  data: NoticeData;
}
interface Badged {
  setAppBadge?(count: number): Promise<void>;
}
export interface SubscriptionChange extends ExtendableEvent {
  newSubscription?: PushSubscription | null;
}

// Whatever was sent, something is shown: a browser takes the right to push from an app that shows nothing.
export function payloadOf(text: string | undefined): Payload {
  let sent: unknown = null;
  try {
    sent = JSON.parse(text ?? "");
  } catch {
    // Of another version, or of nobody who knows this app.
  }
  const found = (sent !== null && typeof sent === "object" ? sent : {}) as Record<string, unknown>;
  const textIn = (name: string, most: number) => (typeof found[name] === "string" ? found[name].slice(0, most) : "");
  const isData = found.data !== null && typeof found.data === "object" && !Array.isArray(found.data);
  const title = textIn("title", TEXT_MOST);
  return {
    title: title || workerText.title,
    body: textIn("body", TEXT_MOST) || (title ? "" : workerText.new),
    tag: textIn("tag", TAG_MOST),
    data: isData ? (found.data as NoticeData) : {},
  };
}

// What a page says when it is asked; nothing where it does not answer.
function ask(page: WindowClient, question: object): Promise<unknown> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    const end = setTimeout(() => resolve(undefined), ANSWER_WITHIN_MS);
    port1.onmessage = ({ data }) => {
      clearTimeout(end);
      resolve(data);
    };
    page.postMessage(question, [port2]);
  });
}

const windowsOf = (sw: ServiceWorkerGlobalScope) => sw.clients.matchAll({ type: "window", includeUncontrolled: true });

// Somebody looks at just that: the ruck as it goes on, or the list.
async function isLookedAt(sw: ServiceWorkerGlobalScope, data: NoticeData): Promise<boolean> {
  const seen = (await windowsOf(sw)).filter((page) => page.visibilityState === "visible");
  const paths = await Promise.all(seen.map((page) => ask(page, { asks: "where" })));
  return paths.some((path) => path === NOTICES || path === `/rucks/${data.ruck_id}/live`);
}

export async function show(sw: ServiceWorkerGlobalScope, message: PushMessageData | null) {
  // Signed out here, and the push service has not heard of it: nothing of theirs is shown.
  if (!(await db.getValue<Profile | null>("profile").catch(() => undefined))) {
    await sw.registration.showNotification(workerText.title, { body: workerText.new, icon: ICON, badge: BADGE });
    await (await sw.registration.pushManager.getSubscription())?.unsubscribe();
    return;
  }
  const { title, body, tag, data } = payloadOf(message?.text());
  const isQuiet = await isLookedAt(sw, data);
  // One more like takes the place of the others and does not ring again.
  const ringsAgain = tag !== "" && !isQuiet && data.type !== "ruck_like" && data.type !== "ruck_activity";
  const options = { body, tag, data, icon: ICON, badge: BADGE, silent: isQuiet, renotify: ringsAgain };
  await sw.registration.showNotification(title, options as NotificationOptions);
  const unread = Number(data.unread_count);
  if (Number.isSafeInteger(unread) && unread > 0) await (sw.navigator as Badged).setAppBadge?.(unread).catch(() => {});
}

// In a page that is open, the one that is seen first; its recording goes on, since no document is
// loaded. Without one, in a new one.
export async function open(sw: ServiceWorkerGlobalScope, notification: Notification) {
  notification.close();
  const data = (notification.data ?? {}) as NoticeData;
  const place = placeOf(data);
  const id = Number(data.notification_id);
  const profile = await db.getValue<Profile | null>("profile").catch(() => undefined);
  if (profile && Number.isSafeInteger(id)) await readLater(profile.id, id).catch(() => {});
  const weight = (page: WindowClient) => Number(page.focused) * 2 + Number(page.visibilityState === "visible");
  const page = [...(await windowsOf(sw))].sort((a, b) => weight(b) - weight(a))[0];
  if (page) {
    await page.focus().catch(() => {});
    if ((await ask(page, { go: place })) !== undefined) return;
    if (await page.navigate(place).catch(() => null)) return;
  }
  await sw.clients.openWindow(place);
}

// The browser has changed the subscription by itself, or ended it.
export async function renew(event: SubscriptionChange, sw: ServiceWorkerGlobalScope) {
  const [profile, kept, config] = await Promise.all([db.getValue<Profile | null>("profile"), db.getValue<KeptPush>(KEPT_PUSH), webConfig()]);
  if (!profile || kept?.user !== profile.id || !config?.vapid_public_key) return;
  const subscription = event.newSubscription ?? (await subscriptionFor(sw.registration.pushManager, config.vapid_public_key));
  belongTo(profile.id);
  await post("POST /api/push/subscriptions", subscriptionsPath, bodyOf(subscription));
  await db.setValue(KEPT_PUSH, { user: profile.id, endpoint: subscription.endpoint } satisfies KeptPush);
}
