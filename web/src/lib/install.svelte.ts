// The app on the home screen, and its files on the phone.
import { session } from "./session.svelte";

// After the page has settled: the first view must not share its bandwidth.
const FETCH_LATER_AFTER_MS = 8_000;

interface InstallEvent extends Event {
  prompt(): Promise<void>;
  userChoice: Promise<{ outcome: "accepted" | "dismissed" }>;
}

class Install {
  canAsk = $state(false);
  isOfflineReady = $state(false);
  hasUpdate = $state(false);
  private event: InstallEvent | null = null;
  private worker: ServiceWorkerRegistration | null = null;

  async start() {
    addEventListener("beforeinstallprompt", (event) => {
      event.preventDefault();
      this.event = event as InstallEvent;
      this.canAsk = true;
    });
    if (!("serviceWorker" in navigator)) return;
    navigator.serviceWorker.addEventListener("message", ({ data }) => {
      if (data === "ready-for-offline") this.isOfflineReady = true;
    });
    if (session.state !== "out") await this.register();
  }

  // For those who have an account: a visitor who looks around needs nothing on their phone.
  async register() {
    if (this.worker || !("serviceWorker" in navigator) || !import.meta.env.PROD) return;
    try {
      this.worker = await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
    } catch {
      return; // private browsing: the app works, but only with a network
    }
    this.watchForUpdate(this.worker);
    setTimeout(() => this.fetchLater(), FETCH_LATER_AFTER_MS);
  }

  // All that recording and looking back need.
  async fetchLater() {
    if (!("serviceWorker" in navigator) || this.worker === null) return;
    const ready = await navigator.serviceWorker.ready;
    ready.active?.postMessage("fetch-later");
  }

  async ask() {
    const event = this.event;
    if (!event) return;
    this.canAsk = false;
    this.event = null;
    await event.prompt();
  }

  private watchForUpdate(worker: ServiceWorkerRegistration) {
    // The first version is no news; one that has waited since an earlier visit is.
    const offer = () => (this.hasUpdate = worker.waiting !== null && navigator.serviceWorker.controller !== null);
    const watch = () => worker.installing?.addEventListener("statechange", offer);
    worker.addEventListener("updatefound", watch);
    watch();
    offer();
  }

  update() {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
    this.worker?.waiting?.postMessage("activate");
  }
}
export const install = new Install();
