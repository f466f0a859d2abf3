// Following one ruck: over the socket, by polling where that cannot be had, and honest about which.
import { Refused, SignedOut, get, open, token } from "../lib/api";
import { Connection, type Message, type Sign } from "./connection";
import { NOTHING, fromPoll, positionAt, withSnapshot, withUpdate, type PollReply, type SnapshotFrame, type UpdateFrame, type View } from "./frames";

export type Source = { ruck: string } | { share: string };
export type FollowState =
  | "connecting"
  | "live" // the socket is up, and what is shown is what the server knows
  | "polling" // no socket to be had: asked for every POLL_EVERY_MS
  | "reconnecting"
  | "asleep"
  | "ended";
// Why there is nothing more to follow.
export type Outcome = "ended" | "not-begun" | "not-found" | "must-follow" | "disabled" | "link-over" | "signed-out";

const BEAT_MS = 15_000;
const TOKEN_LEFT_MS = 120_000;
const POLL_EVERY_MS = 15_000; // as the mobile app does
const POLL_AFTER_FAILURES = 2;

export class Follow {
  view = $state.raw<View>(NOTHING);
  state = $state<FollowState>("connecting");
  outcome = $state<Outcome | null>(null);
  positionAt = $state<number | null>(null);
  now = $state(Date.now());

  private topic: string;
  private isSubscribed = false;
  private serverAheadMs = 0;
  private pollTimer: ReturnType<typeof setTimeout> | undefined;
  private ticker: ReturnType<typeof setInterval> | undefined;
  private isPolling = false;
  private isOpen = false;
  private readonly connection: Connection;

  constructor(private readonly source: Source) {
    this.topic = "ruck" in source ? `ruck:${source.ruck}` : "";
    this.connection = new Connection(
      {
        sign: (anew) => this.sign(anew),
        opened: (send, ready) => {
          this.topic = ready.topic ?? this.topic; // a link's ruck is told here
          this.subscribe(send);
        },
        heard: (message) => this.heard(message),
        changed: (state, failures) => {
          if (state === "asleep") this.state = "asleep";
          else if (state === "down") this.onDown(failures);
          if (state === "asleep" || state === "up") this.stopPolling();
        },
        refused: () => this.finish("share" in source ? "link-over" : "signed-out"),
      },
      BEAT_MS,
    );
  }

  start() {
    if (this.isOpen) return;
    this.isOpen = true;
    this.ticker = setInterval(() => (this.now = Date.now()), 1000);
    this.connection.start();
  }
  stop() {
    this.isOpen = false;
    clearInterval(this.ticker);
    this.stopPolling();
    this.connection.stop();
  }

  get positionAgeS(): number | null {
    return this.positionAt === null ? null : Math.max(0, (this.now - this.positionAt) / 1000);
  }

  private async sign(anew: boolean): Promise<Sign> {
    return "share" in this.source ? { share: this.source.share } : token(anew ? Infinity : TOKEN_LEFT_MS);
  }

  private finish(outcome: Outcome) {
    this.outcome = outcome;
    this.stop();
    this.state = "ended";
  }

  // ---- the socket ------------------------------------------------------------------------------

  private subscribe(send = this.connection.send) {
    this.isSubscribed = true;
    send({ type: "subscribe", topic: this.topic, ...(this.view.seq > 0 ? { since: this.view.seq } : {}) });
  }

  private heard(message: Message) {
    if (message.type === "pong" && message.time) {
      this.serverAheadMs = Date.parse(message.time) - Date.now();
      return;
    }
    if (message.topic !== this.topic) return;
    if (message.type === "snapshot") this.take(withSnapshot(this.view, message as unknown as SnapshotFrame));
    else if (message.type === "update") this.onUpdate(message as unknown as UpdateFrame);
    else if (message.type === "ended" || message.type === "error") this.onRefusal(message.error ?? "", message.message ?? "");
  }

  private onUpdate(frame: UpdateFrame) {
    if (!this.isSubscribed) return; // a snapshot is on its way
    const next = withUpdate(this.view, frame);
    if (next) {
      this.take(next);
      return;
    }
    this.isSubscribed = false;
    this.connection.send({ type: "unsubscribe", topic: this.topic });
    this.subscribe();
  }

  private take(next: View) {
    const isNew = next.seq !== this.view.seq || this.positionAt === null;
    this.view = next;
    this.now = Date.now();
    this.state = this.isPolling ? "polling" : "live";
    if (isNew && next.data) this.positionAt = positionAt(next.data, this.now, this.serverAheadMs);
  }

  private onRefusal(code: string, text: string) {
    if (code === "already_subscribed" || code === "not_subscribed") return;
    if (code === "ruck_not_found" || code === "not_found") this.finish("share" in this.source ? "link-over" : "not-found");
    else if (code === "forbidden") this.finish(text.includes("disabled") ? "disabled" : "must-follow");
    else if (code === "invalid_state") this.finish(text.includes("not started") ? "not-begun" : "ended");
  }

  // ---- without the socket ----------------------------------------------------------------------

  private onDown(failures: number) {
    if (this.isPolling) return;
    this.state = failures === 0 && this.view.data === null ? "connecting" : "reconnecting";
    if (failures >= POLL_AFTER_FAILURES) {
      this.isPolling = true;
      this.pollAgain();
    }
  }
  private stopPolling() {
    this.isPolling = false;
    clearTimeout(this.pollTimer);
  }
  private async pollAgain() {
    await this.poll();
    if (this.isPolling && this.isOpen) this.pollTimer = setTimeout(() => this.pollAgain(), POLL_EVERY_MS);
  }

  private async poll() {
    try {
      const reply = await this.ask();
      if (this.outcome === null) this.take(fromPoll(reply));
      if (!reply.is_active) this.finish("ended");
    } catch (problem) {
      if (problem instanceof Refused && !problem.isBusy) this.onRefusal(problem.code, problem.message);
      else if (problem instanceof SignedOut) this.finish("signed-out");
      else if (this.isPolling) this.state = "reconnecting";
    }
  }
  private async ask(): Promise<PollReply> {
    const { source } = this;
    if ("ruck" in source) return (await get("GET /api/rucks/{id}/live", `/api/rucks/${source.ruck}/live`)) as PollReply;
    return (await open("GET", "GET /api/live/{token}", `/api/live/${source.share}`)) as PollReply;
  }
}
