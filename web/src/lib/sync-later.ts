// Asks the browser to wake the service worker when there is a network, also with the app closed. Not
// every browser can; the page tries again by itself as well.
interface SyncRegistration extends ServiceWorkerRegistration {
  sync?: { register(tag: string): Promise<void> };
}
export type SyncTag = "ruck-upload" | "ruck-leave";

export function syncLater(tag: SyncTag) {
  navigator.serviceWorker?.ready
    .then((registration) => (registration as SyncRegistration).sync?.register(tag))
    .catch(() => {});
}
