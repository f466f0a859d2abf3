// For the rucker: who watches, and what they call out.
import type { CheerView } from "$generated/api";
import { get, post, token } from "../lib/api";
import { toasts } from "../lib/toasts.svelte";
import { t } from "../i18n";
import { Connection, type Message } from "./connection";

// A phone on a walk: the socket is kept, and asked about only when the radio is awake anyway.
const BEAT_MS = 60_000;
const TOKEN_LEFT_MS = 120_000;
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
  private readonly connection = new Connection(
    {
      sign: (anew) => token(anew ? Infinity : TOKEN_LEFT_MS),
      opened: (send) => send({ type: "subscribe", topic: "me" }),
      heard: (message) => this.heard(message),
      changed: (state) => (this.isUp = state === "up"),
      refused: () => (this.isUp = false),
    },
    BEAT_MS,
  );

  start = () => this.connection.start();
  stop = () => this.connection.stop();

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
    if (message.topic !== "me") return;
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
