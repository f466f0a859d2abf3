// What one person is told, over one socket of this tab: notifications on every page; cheers and who
// watches where a ruck is recorded (docs/api/live.md).
import { token } from "../lib/api";
import { Connection, type Message } from "./connection";

// A phone on a walk: the socket is kept, and asked about only when the radio is awake anyway.
const BEAT_MS = 60_000;
const TOKEN_LEFT_MS = 120_000;
const TOPIC = "me";

export interface Listener {
  heard(message: Message): void;
  // `failures`: how often in a row it could not be had.
  changed?(isUp: boolean, failures: number): void;
  // Else cheers are told as notifications, and ring on the phone that is out.
  showsCheers?: boolean;
}

class Me {
  private listeners = new Set<Listener>();
  private isUp = false;
  // What the server was told about cheers on this socket; nothing while there is none.
  private told: boolean | null = null;
  private readonly connection = new Connection(
    {
      sign: (anew) => token(anew ? Infinity : TOKEN_LEFT_MS),
      opened: () => this.subscribe(),
      heard: (message) => this.heard(message),
      changed: (state, failures) => this.changed(state === "up", failures),
      refused: () => this.changed(false, 0),
    },
    BEAT_MS,
  );

  // Until what it gives is called.
  join(listener: Listener): () => void {
    this.listeners.add(listener);
    this.connection.start();
    if (this.isUp) listener.changed?.(true, 0);
    this.tellAnew();
    return () => this.leave(listener);
  }

  private leave(listener: Listener) {
    this.listeners.delete(listener);
    if (this.listeners.size > 0) {
      this.tellAnew();
      return;
    }
    this.connection.stop();
    this.isUp = false;
    this.told = null;
  }

  private subscribe() {
    this.told = [...this.listeners].some((each) => each.showsCheers);
    this.connection.send({ type: "subscribe", topic: TOPIC, ...(this.told ? {} : { cheers: false }) });
  }
  private tellAnew() {
    if (this.told === null || this.told === [...this.listeners].some((each) => each.showsCheers)) return;
    this.connection.send({ type: "unsubscribe", topic: TOPIC });
    this.subscribe();
  }

  private heard(message: Message) {
    if (message.topic !== TOPIC) return;
    for (const each of this.listeners) each.heard(message);
  }
  private changed(isUp: boolean, failures: number) {
    this.isUp = isUp;
    if (!isUp) this.told = null;
    for (const each of this.listeners) each.changed?.(isUp, failures);
  }
}

export const me = new Me();
