// What is new for the person, on every page: how much of it is unread, right over all tabs, live while
// there is a socket and else asked for when somebody looks; offline, what was known last.
import type { NotificationView } from "$generated/api";
import { untrack } from "svelte";
import { count, t } from "../i18n";
import type { Message } from "../live/connection";
import { get, post, Refused, SignedOut } from "./api";
import * as db from "./db";
import { Kept } from "./kept.svelte";
import { KEPT_PUSH } from "./push-wire";
import { readLater, toRead, wasRead } from "./read-later";
import { router } from "./router.svelte";
import { session } from "./session.svelte";

export type Notice = NotificationView & { data: Record<string, string> };

// What one tab tells the others.
interface Shared {
  user: string | undefined;
  unread: number;
  isDone: boolean; // the server has it: the list is another one
}
const CHANNEL = "ruck-notices";
const LOOK_EVERY_MS = 5_000; // at most so often, however often somebody comes back
const POLL_EVERY_MS = 60_000; // at most, where no socket can be had
const SAY_AFTER_MS = 1_500; // what comes together is said at once

class Notices {
  said = $state(""); // for who does not see
  private kept = $state.raw<Kept<number> | null>(null);
  unread = $derived(this.kept?.value ?? 0);

  private channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(CHANNEL) : null;
  private listeners = new Set<() => void>();
  private isAsking = false;
  private asksAgain = false;
  private askedAt = 0;
  private unsaid: string[] = [];
  private sayTimer: ReturnType<typeof setTimeout> | undefined;

  start() {
    navigator.serviceWorker?.addEventListener("message", (event) => this.fromWorker(event));
    $effect.root(() => {
      const user = $derived(session.state === "in" ? session.profile?.id : undefined);
      $effect(() => {
        const who = user;
        return untrack(() => (who === undefined ? this.close() : this.open(who)));
      });
      $effect(() => showOnIcon(session.state === "out" ? 0 : this.unread));
    });
  }

  // Called when the list may be another one.
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async read(notice: Notice) {
    const user = session.profile?.id;
    if (notice.is_read || !user) return;
    this.share(Math.max(0, this.unread - 1), { isDone: false });
    try {
      await tellRead(notice.id);
    } catch (problem) {
      if (!(problem instanceof SignedOut)) await readLater(user, notice.id).catch(() => {});
      return;
    }
    await this.refresh();
    this.share(this.unread);
  }
  async readAll() {
    await post("POST /api/notifications/read-all", "/api/notifications/read-all");
    this.share(0);
    this.changed();
  }

  // ---- while somebody is signed in ---------------------------------------------------------------

  private close() {
    if (session.state === "out") this.kept = null;
  }

  private open(user: string): () => void {
    this.kept = new Kept("unread-count", async () => (await get("GET /api/notifications/unread-count", "/api/notifications/unread-count")).unread_count);
    this.askedAt = Date.now();
    void this.kept.open();
    void this.catchUp(user);

    let isOver = false;
    let leave = () => {};
    // Not of the first view: it comes by itself when that is there.
    import("../live/me")
      .then(({ me }) => {
        if (!isOver) leave = me.join({ heard: (message) => this.heard(message), changed: (isUp, failures) => this.onLink(isUp, failures) });
      })
      .catch(() => {}); // a module that is not on this device: asked when somebody looks
    void this.checkPush();

    const look = () => {
      if (document.visibilityState === "visible" && Date.now() - this.askedAt >= LOOK_EVERY_MS) void this.refresh();
    };
    const back = () => void this.catchUp(user).then(() => this.refresh());
    const told = ({ data }: MessageEvent<Shared>) => {
      if (data.user !== user) return;
      this.kept?.put(data.unread);
      if (data.isDone) this.changed();
    };
    document.addEventListener("visibilitychange", look);
    addEventListener("focus", look);
    addEventListener("online", back);
    this.channel?.addEventListener("message", told);
    return () => {
      isOver = true;
      leave();
      document.removeEventListener("visibilitychange", look);
      removeEventListener("focus", look);
      removeEventListener("online", back);
      this.channel?.removeEventListener("message", told);
    };
  }

  // A browser that was told to ring: is it still known to the server, under the server's key?
  private async checkPush() {
    if (!(await db.getValue(KEPT_PUSH).catch(() => undefined))) return;
    const module = await import("./push.svelte").catch(() => null);
    await module?.push.atStart();
  }

  private heard(message: Message) {
    // The subscription begins: what came before it is asked for.
    if (message.type === "snapshot") void this.refresh();
    if (message.type !== "notification") return;
    this.kept?.put(message.unread_count as number);
    this.changed();
    this.say((message.data as Notice).message);
  }
  private onLink(isUp: boolean, failures: number) {
    if (!isUp && failures > 0 && Date.now() - this.askedAt >= POLL_EVERY_MS) void this.refresh();
  }

  // One question at a time; what happens meanwhile asks once more.
  private async refresh() {
    if (this.isAsking) {
      this.asksAgain = true;
      return;
    }
    this.isAsking = true;
    const before = this.unread;
    do {
      this.asksAgain = false;
      this.askedAt = Date.now();
      await this.kept?.refresh();
    } while (this.asksAgain);
    this.isAsking = false;
    if (this.unread !== before) this.changed();
  }

  // What was opened without the server hearing of it.
  private async catchUp(user: string) {
    const done: number[] = [];
    for (const id of await toRead(user).catch(() => [])) {
      try {
        await tellRead(id);
        done.push(id);
      } catch {
        break; // the next time
      }
    }
    if (done.length === 0) return;
    await wasRead(user, done).catch(() => {});
    await this.refresh();
    this.share(this.unread);
    this.changed();
  }

  // ---- others of this browser --------------------------------------------------------------------

  private share(unread: number, { isDone } = { isDone: true }) {
    this.kept?.put(unread);
    this.channel?.postMessage({ user: session.profile?.id, unread, isDone } satisfies Shared);
  }
  private changed() {
    for (const listener of this.listeners) listener();
  }

  // The service worker asks what is shown here, or wants something to be shown.
  private fromWorker(event: MessageEvent) {
    const asked = event.data as { asks?: "where"; go?: string } | null;
    const answer = event.ports[0];
    if (!answer) return;
    if (asked?.asks === "where") answer.postMessage(location.pathname);
    if (typeof asked?.go !== "string") return;
    answer.postMessage("gone");
    router.go(asked.go, { anew: true });
    if (session.profile) void this.catchUp(session.profile.id);
  }

  private say(text: string) {
    this.unsaid.push(text);
    clearTimeout(this.sayTimer);
    this.sayTimer = setTimeout(() => {
      const [only, ...rest] = this.unsaid.splice(0);
      this.said = rest.length === 0 ? t("notices.new", { text: only ?? "" }) : count("notices.news", rest.length + 1);
    }, SAY_AFTER_MS);
  }
}

// One that has gone meanwhile is as good as read.
async function tellRead(id: number) {
  try {
    await post("POST /api/notifications/{id}/read", `/api/notifications/${id}/read`);
  } catch (problem) {
    if (!(problem instanceof Refused) || problem.isBusy) throw problem;
  }
}

function showOnIcon(unread: number) {
  if (!("setAppBadge" in navigator)) return;
  (unread > 0 ? navigator.setAppBadge(unread) : navigator.clearAppBadge()).catch(() => {});
}

export const notices = new Notices();
