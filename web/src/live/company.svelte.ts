// For the rucker: who watches, and what they call out.
import type { CheerView } from "$generated/api";
import { get, post } from "../lib/api";
import { toasts } from "../lib/toasts.svelte";
import { t } from "../i18n";
import type { Message } from "./connection";
import { me, type Listener } from "./me";

const CHEERS_MOST = 100;
const BUZZ: number[] = [90, 60, 90];

interface MeSnapshot {
  active_ruck_id: number | null;
  watching: number;
  cheers: CheerView[];
}

export class Company {
  watching = $state(0);
  cheers = $state.raw<CheerView[]>([]); // the latest first
  isUp = $state(false);
  private ruckId: number | null = null;
  private leave = () => {};
  private readonly listener: Listener = {
    heard: (message) => this.heard(message),
    changed: (isUp) => (this.isUp = isUp),
    showsCheers: true,
  };

  start = () => void (this.leave = me.join(this.listener));
  stop = () => this.leave();

  // What was said before this page was opened.
  async lookBack(ruckId: number) {
    if (this.ruckId === ruckId) return;
    this.ruckId = ruckId;
    try {
      const { messages } = await get("GET /api/rucks/{id}/messages", `/api/rucks/${ruckId}/messages`);
      this.add(messages);
    } catch {
      // They are shown with the ruck afterwards; new ones come over the socket.
      this.ruckId = null;
    }
  }

  private heard(message: Message) {
    if (message.type === "snapshot") {
      const { watching, cheers } = message.data as MeSnapshot;
      this.watching = watching;
      for (const cheer of [...cheers].reverse()) this.arrive(cheer);
    } else if (message.type === "presence") {
      this.watching = message.watching as number;
    } else if (message.type === "cheer") {
      this.arrive(message.data as CheerView);
    }
  }

  private arrive(cheer: CheerView) {
    if (!this.add([cheer])) return;
    toasts.show(t("company.said", { name: cheer.sender_username, text: cheer.message }), "heart");
    navigator.vibrate?.(BUZZ);
    post("POST /api/rucks/{id}/messages/read", `/api/rucks/${cheer.ruck_id}/messages/read`).catch(() => {});
  }

  private add(cheers: CheerView[]): boolean {
    const fresh = cheers.filter(({ id }) => !this.cheers.some((known) => known.id === id));
    const all = [...fresh, ...this.cheers].sort((a, b) => b.due_at.localeCompare(a.due_at));
    this.cheers = all.slice(0, CHEERS_MOST);
    return fresh.length > 0;
  }
}
