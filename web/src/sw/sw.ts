// The service worker: the app opens without a network, map tiles are fetched once, what was recorded is
// sent when the network is back, and what the server tells is shown, also with the app closed.
/// <reference lib="webworker" />
import { ExpirationPlugin } from "workbox-expiration";
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from "workbox-precaching";
import { NavigationRoute, registerRoute } from "workbox-routing";
import { CacheFirst } from "workbox-strategies";
import type { Profile } from "$generated/api";
import { belongTo, leave } from "../lib/api";
import * as db from "../lib/db";
import { sendPhotos } from "../record/photo-upload";
import { upload } from "../record/upload";
import * as push from "./push";

declare const self: ServiceWorkerGlobalScope;
declare const __SHELL__: { url: string; revision: string | null }[];
declare const __LATER__: string[];
declare const __VERSION__: string;

const LATER_CACHE = "ruck-later";
const TILES_CACHE = "ruck-tiles";
const TILES_MOST = 3000; // about 60 MB: a region of some thousand square kilometres
const TILES_KEPT_S = 60 * 24 * 3600;
const PHOTOS_CACHE = "ruck-photos";
const PHOTOS_MOST = 300; // files, of 10 to 400 KB: what was seen last
const PHOTOS_KEPT_S = 30 * 24 * 3600;

precacheAndRoute(__SHELL__);
cleanupOutdatedCaches();
registerRoute(
  new NavigationRoute(createHandlerBoundToURL("/index.html"), {
    denylist: [/^\/api\//, /^\/(livez|readyz|health|metrics)$/, /\.[a-z0-9]+$/i],
  }),
);

// Everything else of the app: its names have its content's hash, so the first copy is the right one.
const assets = new CacheFirst({ cacheName: LATER_CACHE });
registerRoute(({ url, sameOrigin }) => sameOrigin && url.pathname.startsWith("/assets/"), assets);

// Pictures from elsewhere can only be the map tiles that the operator has set.
const tilesBound = new ExpirationPlugin({ maxEntries: TILES_MOST, maxAgeSeconds: TILES_KEPT_S, purgeOnQuotaError: true });
registerRoute(
  ({ request, sameOrigin }) => request.destination === "image" && !sameOrigin,
  new CacheFirst({ cacheName: TILES_CACHE, plugins: [tilesBound] }),
);

// A photo is named by its id and size, and never changed; what follows is only who may fetch it, until
// when.
const photosBound = new ExpirationPlugin({ maxEntries: PHOTOS_MOST, maxAgeSeconds: PHOTOS_KEPT_S, purgeOnQuotaError: true });
const byName = { cacheKeyWillBeUsed: async ({ request }: { request: Request }) => request.url.replace(/[?#].*/, "") };
registerRoute(
  ({ request, url, sameOrigin }) => sameOrigin && request.destination === "image" && url.pathname.startsWith("/media/"),
  new CacheFirst({ cacheName: PHOTOS_CACHE, plugins: [byName, photosBound] }),
);

async function fetchLater() {
  const cache = await caches.open(LATER_CACHE);
  for (const request of await cache.keys()) {
    if (!__LATER__.includes(new URL(request.url).pathname)) await cache.delete(request);
  }
  for (const url of __LATER__) {
    if (!(await cache.match(url))) await cache.add(url);
  }
}

// Somebody signed out here without a network.
async function leaveNow() {
  if (!(await db.getValue<boolean>("leaving"))) return;
  await leave();
  await db.setValue("leaving", undefined);
}

// A browser waits minutes before it tries again: a server that wants a moment is waited for.
const BUSY_TRIES = 3;
const BUSY_WAIT_MOST_S = 30;
async function sendPhotosPatiently(user: string) {
  for (let tries = 1; ; ++tries) {
    const outcome = await sendPhotos(user);
    const isShort = outcome.kind === "busy" && outcome.retryAfterS <= BUSY_WAIT_MOST_S;
    if (!isShort || tries === BUSY_TRIES) return outcome;
    await new Promise((done) => setTimeout(done, outcome.retryAfterS * 1000));
  }
}

async function send() {
  const profile = await db.getValue<Profile>("profile");
  if (!profile) return;
  belongTo(profile.id);
  const outcome = await upload(profile.id);
  // Rejecting makes the browser try again later.
  if (outcome.kind === "unreachable" || outcome.kind === "busy") throw new Error(outcome.kind);
  const { kind } = await sendPhotosPatiently(profile.id);
  if (kind === "unreachable" || kind === "busy") throw new Error(kind);
}

self.addEventListener("message", (event) => {
  if (event.data === "fetch-later") {
    event.waitUntil(
      fetchLater()
        .then(() => event.source?.postMessage("ready-for-offline"))
        .catch(() => {}), // the next visit tries again
    );
  }
  if (event.data === "forget-pictures") {
    for (const bound of [tilesBound, photosBound]) event.waitUntil(bound.deleteCacheAndMetadata().catch(() => {}));
  }
  if (event.data === "activate") self.skipWaiting();
  if (event.data === "version") event.source?.postMessage(__VERSION__);
});
self.addEventListener("sync", (event) => {
  const sync = event as ExtendableEvent & { tag: string };
  if (sync.tag === "ruck-upload") sync.waitUntil(send());
  if (sync.tag === "ruck-leave") sync.waitUntil(leaveNow());
});
self.addEventListener("push", (event) => event.waitUntil(push.show(self, event.data)));
self.addEventListener("notificationclick", (event) => event.waitUntil(push.open(self, event.notification)));
self.addEventListener("pushsubscriptionchange", (event) => {
  const change = event as push.SubscriptionChange;
  change.waitUntil(push.renew(change, self).catch(() => {})); // the app does so at its next start
});
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
