// What a page shows: at once what was there last time, then what the server says now. Says which it
// is, so that an old figure is never taken for a new one.
import { Refused, SignedOut, Unreachable } from "./api";
import * as db from "./db";
import { session } from "./session.svelte";

// A server that sheds load says when to come again, and means it.
const BUSY_TRIES = 3;
const BUSY_WAIT_MOST_S = 5;

export class Kept<T> {
  value = $state.raw<T | null>(null);
  // When `value` was the server's word, ms; null while it is.
  oldSince = $state<number | null>(null);
  problem = $state<"unreachable" | "signed-out" | "not-found" | "other" | null>(null);
  isLoading = $state(true);

  private freshAt: number | null = null;
  // Questions and words are numbered as they come: an answer to a question that was asked before the
  // last word is older than that word.
  private turn = 0;
  private lastTurn = 0; // whose word `value` is

  constructor(
    private readonly name: string,
    private readonly load: () => Promise<T>,
  ) {}

  private get key() {
    return `${session.profile?.id}/${this.name}`;
  }

  async open(): Promise<this> {
    const kept = await db.getReply(this.key).catch(() => undefined);
    if (kept && this.value === null) {
      this.value = kept.body as T;
      this.oldSince = kept.at;
    }
    await this.refresh();
    return this;
  }

  private async loadWithPatience(): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.load();
      } catch (problem) {
        const isBusy = problem instanceof Refused && problem.status === 503;
        if (!isBusy || tries === BUSY_TRIES) throw problem;
        const wait = Math.min(BUSY_WAIT_MOST_S, Math.max(1, problem.retryAfterS));
        await new Promise((resolve) => setTimeout(resolve, wait * 1000));
      }
    }
  }

  async refresh() {
    this.isLoading = true;
    const key = this.key;
    const turn = ++this.turn;
    try {
      const fresh = await this.loadWithPatience();
      if (key !== this.key) return; // it is another person's
      if (turn < this.lastTurn) return;
      this.lastTurn = turn;
      this.value = fresh;
      this.freshAt = Date.now();
      this.oldSince = null;
      this.problem = null;
      db.setReply(key, fresh).catch(() => {});
    } catch (problem) {
      if (problem instanceof SignedOut) session.expire();
      else if (turn < this.lastTurn) return;
      this.problem =
        problem instanceof Unreachable
          ? "unreachable"
          : problem instanceof SignedOut
            ? "signed-out"
            : problem instanceof Refused && problem.status === 404
              ? "not-found"
              : "other";
      if (this.problem === "not-found") this.drop();
      else if (this.value !== null) this.oldSince ??= this.freshAt;
    } finally {
      if (turn === this.turn || turn < this.lastTurn) this.isLoading = false;
    }
  }

  // What the server says by another way than being asked for it, or what was just done here.
  put(fresh: T) {
    this.lastTurn = ++this.turn;
    this.value = fresh;
    this.freshAt = Date.now();
    this.oldSince = null;
    db.setReply(this.key, fresh).catch(() => {});
  }

  // It is gone, or no longer ours to see: then not from this device either.
  private drop() {
    this.value = null;
    this.oldSince = null;
    db.removeReply(this.key).catch(() => {});
  }
}
