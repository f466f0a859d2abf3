// Subscriptions of this browser, as the page and the service worker both handle them.
export const KEPT_PUSH = "push"; // in the store's values
export interface KeptPush {
  user: string; // who is told of theirs here
  endpoint: string; // which the server has
}
export const subscriptionsPath = "/api/push/subscriptions";

// The server's key is base64url without padding (RFC 7515 section 2).
export function bytesOf(key: string): Uint8Array<ArrayBuffer> {
  const text = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
// Made for this key; what was made for another one is refused by the push service.
export function isOfKey(subscription: PushSubscription, key: string): boolean {
  const its = subscription.options.applicationServerKey;
  if (!its) return false;
  const [have, want] = [new Uint8Array(its), bytesOf(key)];
  return have.length === want.length && have.every((byte, i) => byte === want[i]);
}
export function bodyOf(subscription: PushSubscription) {
  const { endpoint, keys } = subscription.toJSON();
  return { endpoint, keys };
}
// The one there is, if it is of the server's key; else a new one. Throws what the browser throws.
export async function subscriptionFor(pushManager: PushManager, key: string): Promise<PushSubscription> {
  const known = await pushManager.getSubscription();
  if (known && isOfKey(known, key)) return known;
  await known?.unsubscribe(); // there is one of a page at most
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) });
}
