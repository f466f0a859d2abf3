// The engine on a thread of its own: a recording of hours that is run again must not stop the page.
import wasmUrl from "$generated/engine.wasm?url";
import type { Body, EventKind, Fix } from "../lib/db";
import { Engine, type Split, type Totals } from "./engine";

export type Ask =
  | { do: "begin"; body: Body; loadKg: number }
  | { do: "feed"; fixes: Fix[]; latestAllowedMs: number }
  | { do: "event"; kind: EventKind; atMs: number; loadKg: number };
export interface Snapshot {
  totals: Totals;
  splits: Split[];
}
export interface Answer {
  id: number;
  snapshot?: Snapshot;
  problem?: string;
}

const engine = fetch(wasmUrl)
  .then((response) => {
    if (!response.ok) throw new Error(`engine: ${response.status}`);
    return response.arrayBuffer();
  })
  .then((bytes) => Engine.load(bytes));

// One after the other, in the order of the messages. Each is answered, also without an engine.
let last: Promise<unknown> = engine.catch(() => {});

function obey(engine: Engine, ask: Ask): Snapshot {
  if (ask.do === "begin") engine.begin(ask.body, ask.loadKg);
  else if (ask.do === "feed") engine.feed(ask.fixes, ask.latestAllowedMs);
  else engine.event(ask.kind, ask.atMs, ask.loadKg);
  return { totals: engine.totals(), splits: engine.splits() };
}

addEventListener("message", (event: MessageEvent<{ id: number; ask: Ask }>) => {
  const { id, ask } = event.data;
  last = last.then(async () => {
    const answer: Answer = { id };
    try {
      answer.snapshot = obey(await engine, ask);
    } catch (problem) {
      answer.problem = String(problem);
    }
    postMessage(answer);
  });
});
