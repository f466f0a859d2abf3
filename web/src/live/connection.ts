// One WebSocket that stays: signs in, renews its token, comes back after anything, and sleeps while
// nobody looks. What is said over it is its owner's business.
import { SignedOut } from "../lib/api";

export type LinkState =
  | "connecting" // for the first time
  | "up"
  | "down" // and on its way back
  | "asleep"; // nobody looks
export type Sign = { token: string; until: number } | { share: string };
export interface Message {
  type: string;
  topic?: string;
  error?: string;
  message?: string;
  notice?: string;
  reconnect_after_ms?: number;
  time?: string;
  [more: string]: unknown;
}
export interface Owner {
  // What signs us in; with `anew`, the server no longer takes what was given last.
  sign(anew: boolean): Promise<Sign>;
  opened(send: (message: object) => void, ready: Message): void;
  heard(message: Message): void;
  // `failures`: how often in a row it could not be had.
  changed(state: LinkState, failures: number): void;
  // It is over for good: nobody is signed in, or the link is no longer good.
  refused(): void;
}

const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 30_000;
const TOO_MANY_WAIT_MS = 30_000; // code 4429: some other tab has to go first
const SLOW_WAIT_MS = 1_000; // code 1013
const OPEN_WITHIN_MS = 9_000;
const ANSWER_WITHIN_MS = 6_000; // to a ping that asks whether anybody is there
const SLEEP_AFTER_MS = 20_000; // hidden: a glance at a message should not cost a reconnect
const RENEW_BEFORE_MS = 150_000; // the server warns 60 s before
const CLOSE_NORMAL = 1000;
const CLOSE_SLOW = 1013;
const CLOSE_UNAUTHENTICATED = 4401;
const CLOSE_TOO_MANY = 4429;

const addressOf = (path: string) => new URL(path, location.href.replace(/^http/, "ws")).href;
const jittered = (ms: number) => ms * (0.75 + Math.random() / 2);

export class Connection {
  private socket: WebSocket | null = null;
  private isReady = false;
  private isWanted = false;
  private isAsleep = false;
  private attempt = 0;
  private failures = 0;
  private isSignStale = false;
  private sign: Sign | null = null;
  private isRenewing = false;
  private restartAfterMs: number | null = null;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private sleepTimer: ReturnType<typeof setTimeout> | undefined;
  private answerTimer: ReturnType<typeof setTimeout> | undefined;
  private beat: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly owner: Owner,
    private readonly beatMs: number,
  ) {}

  start() {
    if (this.isWanted) return;
    this.isWanted = true;
    document.addEventListener("visibilitychange", this.onVisibility);
    addEventListener("pageshow", this.onBack);
    addEventListener("online", this.onBack);
    addEventListener("offline", this.probe);
    this.owner.changed("connecting", 0);
    if (document.visibilityState === "hidden") this.onVisibility();
    this.connect();
  }

  stop() {
    this.isWanted = false;
    this.attempt++;
    document.removeEventListener("visibilitychange", this.onVisibility);
    removeEventListener("pageshow", this.onBack);
    removeEventListener("online", this.onBack);
    removeEventListener("offline", this.probe);
    clearTimeout(this.retryTimer);
    clearTimeout(this.sleepTimer);
    this.letGo();
  }

  send = (message: object) => {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  };

  // ---- coming and going ------------------------------------------------------------------------

  private async connect() {
    clearTimeout(this.retryTimer);
    if (!this.isWanted || this.isAsleep || this.socket) return;
    const attempt = ++this.attempt;
    try {
      this.sign = await this.owner.sign(this.isSignStale);
      this.isSignStale = false;
    } catch (problem) {
      if (attempt !== this.attempt) return;
      if (problem instanceof SignedOut) this.giveUp();
      else this.lost(0);
      return;
    }
    if (attempt !== this.attempt || this.socket) return;
    const socket = new WebSocket(addressOf("/api/live"));
    this.socket = socket;
    socket.onopen = () => this.send({ type: "auth", ...this.signature() });
    socket.onmessage = ({ data }) => {
      if (socket === this.socket) this.onMessage(String(data));
    };
    socket.onclose = ({ code }) => {
      if (socket !== this.socket) return;
      this.letGo();
      this.lost(code);
    };
    this.expectAnswer(OPEN_WITHIN_MS);
  }

  private signature() {
    return this.sign && "share" in this.sign ? { share: this.sign.share } : { token: this.sign?.token };
  }

  private letGo() {
    clearInterval(this.beat);
    clearTimeout(this.answerTimer);
    this.answerTimer = undefined;
    const socket = this.socket;
    this.socket = null;
    this.isReady = false;
    socket?.close(CLOSE_NORMAL);
  }

  private giveUp() {
    this.stop();
    this.owner.refused();
  }

  private lost(code: number) {
    if (!this.isWanted || this.isAsleep) return;
    const isShare = this.sign !== null && "share" in this.sign;
    if (code === CLOSE_UNAUTHENTICATED && isShare) {
      this.giveUp();
      return;
    }
    if (code === CLOSE_UNAUTHENTICATED) this.isSignStale = true;
    const wait = this.waitAfter(code);
    this.failures++;
    this.restartAfterMs = null;
    this.owner.changed("down", this.failures);
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => this.connect(), wait);
  }

  private waitAfter(code: number): number {
    if (this.restartAfterMs !== null) return this.restartAfterMs;
    if (code === CLOSE_TOO_MANY) return jittered(TOO_MANY_WAIT_MS);
    if (code === CLOSE_SLOW) return jittered(SLOW_WAIT_MS);
    return jittered(Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** this.failures));
  }

  // ---- what is heard ---------------------------------------------------------------------------

  private onMessage(text: string) {
    clearTimeout(this.answerTimer);
    this.answerTimer = undefined;
    const message = parsed(text);
    if (!message) return;
    if (message.type === "ready") this.onReady(message);
    else if (message.type === "notice" && message.notice === "restart") this.restartAfterMs = message.reconnect_after_ms ?? 0;
    else if (message.type === "token_expiring") this.renew();
    else if (message.type === "error" && (message.error === "token_expired" || message.error === "invalid_token")) this.renew();
    else this.owner.heard(message);
  }

  // Also the answer to a renewal.
  private onReady(message: Message) {
    if (this.isReady) return;
    this.isReady = true;
    this.failures = 0;
    this.beat = setInterval(() => this.onBeat(), this.beatMs);
    this.owner.opened(this.send, message);
    this.owner.changed("up", 0);
    this.send({ type: "ping" });
  }

  private onBeat() {
    if (this.sign && "until" in this.sign && this.sign.until - Date.now() < RENEW_BEFORE_MS) this.renew();
    this.probe();
  }

  // A socket whose network has gone says nothing for minutes: ask, and believe the silence.
  private probe = () => {
    if (!this.isReady || this.answerTimer !== undefined) return;
    this.send({ type: "ping" });
    this.expectAnswer(ANSWER_WITHIN_MS);
  };
  private expectAnswer(within: number) {
    clearTimeout(this.answerTimer);
    this.answerTimer = setTimeout(() => {
      this.letGo();
      this.lost(0);
    }, within);
  }

  private async renew() {
    if (this.isRenewing || (this.sign && "share" in this.sign)) return;
    this.isRenewing = true;
    try {
      this.sign = await this.owner.sign(true);
      if (this.isReady) this.send({ type: "auth", ...this.signature() });
    } catch (problem) {
      // The server cannot be reached for a new one: the old one is good until it ends.
      if (problem instanceof SignedOut) this.giveUp();
    } finally {
      this.isRenewing = false;
    }
  }

  // ---- who looks -------------------------------------------------------------------------------

  private onVisibility = () => {
    clearTimeout(this.sleepTimer);
    if (document.visibilityState === "visible") this.onBack();
    else this.sleepTimer = setTimeout(() => this.sleep(), SLEEP_AFTER_MS);
  };

  private sleep() {
    if (this.isAsleep || !this.isWanted) return;
    this.isAsleep = true;
    this.attempt++;
    clearTimeout(this.retryTimer);
    this.letGo();
    this.owner.changed("asleep", 0);
  }

  private onBack = () => {
    if (!this.isWanted || document.visibilityState === "hidden") return;
    this.isAsleep = false;
    if (this.socket) {
      this.probe();
      return;
    }
    this.owner.changed("down", this.failures);
    this.connect();
  };
}

function parsed(text: string): Message | null {
  try {
    return JSON.parse(text) as Message;
  } catch {
    return null;
  }
}
