// What is kept on the phone. Used by pages and by the service worker, so there is no state here but
// the open database.
//
// A ruck that is recorded lives in three stores until the server has all of it: `rucks` (one record),
// `fixes` and `events` (appended, never changed; keyed by ruck and number). What was sent is a number
// in the ruck's record: everything up to it has been acknowledged.

import { overflow, REPLIES_KEPT_MOST } from "./kept-most";

export interface Fix {
  t: number; // ms since 1970, of the fix
  lat: number;
  lng: number;
  alt: number | null; // m
  acc: number | null; // m
  spd: number | null; // m/s
}
export type EventKind = "pause" | "resume" | "load";
export interface RuckEvent {
  at: number; // ms since 1970
  kind: EventKind;
  loadKg?: number;
}
export interface Gap {
  from: number;
  to: number;
  why: "closed" | "hidden" | "no-signal";
}
export interface Body {
  weightKg: number;
  heightCm: number;
  ageYears: number;
  sex: 0 | 1 | 2;
  restingBpm: number | null;
  maxBpm: number | null;
  calorieMethod: 0 | 1 | 2;
  activeOnly: boolean;
}
export interface Notes {
  title?: string;
  notes?: string;
  rating?: number;
  perceived_exertion?: number;
  visibility?: "public" | "followers" | "private";
}
export type LocalState = "recording" | "paused" | "finished" | "discarded";
export interface LocalRuck {
  key: string; // offline_<ms>: the name that the server accepts for it
  user: string;
  state: LocalState;
  startedAt: number;
  endedAt: number | null;
  loadKg: number; // at the start
  visibility?: "public" | "followers" | "private"; // of rucks begun before there was a choice: not said
  body: Body;
  gaps: Gap[];
  clockOffsetMs?: number; // how far the phone's clock was moved while recording
  lastSeen: number; // when the page was last alive while recording
  notes: Notes;
  // Of the end, as the page showed them.
  totals: { distanceM: number; activeS: number; gainM: number; lossM: number; kcal: number } | null;
  // Progress of the upload.
  sentStart: boolean;
  serverId?: number; // the server's own name for it, once it has begun there
  sentFixes: number; // numbers of `fixes` and `events` up to which all is on the server
  sentEvents: number;
  sentTwice?: boolean; // the server had lost some of it
  sentNotes?: Notes; // those that went with the end, once the server has acknowledged it
  problem: string | null; // what the server said when it refused
}

// In `problem`: the server does not know what is asked of it, because it is older than this app.
export const OLDER_SERVER = "older-server";
export const RECORDING_LOCK = "ruck-recording"; // held by the tab that records
const NAME = "ruck";
const VERSION = 1;
let opened: Promise<IDBDatabase> | null = null;

function open(): Promise<IDBDatabase> {
  opened ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      const db = request.result;
      db.createObjectStore("values");
      db.createObjectStore("rucks", { keyPath: "key" });
      db.createObjectStore("fixes");
      db.createObjectStore("events");
      db.createObjectStore("replies");
    };
    request.onsuccess = () => {
      // Another tab wants a newer version, or the browser has thrown the data away.
      request.result.onversionchange = () => request.result.close();
      request.result.onclose = () => (opened = null);
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
  opened.catch(() => (opened = null));
  return opened;
}

type Store = "values" | "rucks" | "fixes" | "events" | "replies";

async function run<T>(
  stores: Store[],
  mode: IDBTransactionMode,
  work: (tx: IDBTransaction) => IDBRequest<T> | void,
  durability: IDBTransactionDurability = mode === "readwrite" ? "strict" : "default",
): Promise<T> {
  const db = await open();
  return new Promise<T>((resolve, reject) => {
    // Relaxed is the default of most browsers and means: a power cut may take the last moments. A
    // fix is worth a flush.
    const tx = db.transaction(stores, mode, { durability });
    const request = work(tx);
    tx.oncomplete = () => resolve(request ? request.result : (undefined as T));
    tx.onerror = tx.onabort = () => reject(tx.error ?? request?.error);
  });
}

const PAD = 9; // digits: keys sort as text
const keyOf = (ruck: string, number: number) => `${ruck}/${String(number).padStart(PAD, "0")}`;
const numberOf = (key: IDBValidKey) => Number(String(key).slice(-PAD));
const rangeOf = (ruck: string, after = -1) =>
  IDBKeyRange.bound(keyOf(ruck, after + 1), `${ruck}/${"9".repeat(PAD)}`);

export const getValue = <T>(key: string) =>
  run<T | undefined>(["values"], "readonly", (tx) => tx.objectStore("values").get(key));
export const setValue = (key: string, value: unknown) =>
  run(["values"], "readwrite", (tx) => void tx.objectStore("values").put(value, key));

// As it is at that moment: the page and the service worker both write.
export const changeValue = <T>(key: string, change: (old: T | undefined) => T | undefined) =>
  run<void>(["values"], "readwrite", (tx) => {
    const values = tx.objectStore("values");
    const read = values.get(key) as IDBRequest<T | undefined>;
    read.onsuccess = () => values.put(change(read.result), key);
  });

export interface KeptReply {
  at: number;
  body: unknown;
}
// When each reply was used last, by its key, in one record: to ask the replies themselves would be to
// read every track that is kept.
const USES = "reply-uses";
type Uses = Record<string, number>;

// A copy of what the server has is not worth a flush.
const changeReplies = (work: (tx: IDBTransaction) => void) => run<void>(["replies", "values"], "readwrite", work, "relaxed");

// Calls `work` with the uses as they are, in the same transaction, and writes what it makes of them.
function withUses(tx: IDBTransaction, work: (uses: Uses) => unknown) {
  const values = tx.objectStore("values");
  const read = values.get(USES);
  read.onsuccess = () => {
    const uses = (read.result ?? {}) as Uses;
    work(uses);
    values.put(uses, USES);
  };
}

export async function getReply(key: string): Promise<KeptReply | undefined> {
  const found = await run<KeptReply | undefined>(["replies"], "readonly", (tx) => tx.objectStore("replies").get(key));
  // Beside the reading: what is kept is shown also where nothing can be written.
  if (found) {
    changeReplies((tx) =>
      withUses(tx, (uses) => {
        if (key in uses) uses[key] = Date.now(); // it may have been cleared meanwhile
      }),
    ).catch(() => {});
  }
  return found;
}
export const setReply = (key: string, body: unknown) =>
  changeReplies((tx) => {
    const replies = tx.objectStore("replies");
    replies.put({ at: Date.now(), body }, key);
    const all = replies.getAllKeys();
    all.onsuccess = () =>
      withUses(tx, (uses) => {
        uses[key] = Date.now();
        for (const old of overflow(all.result.map(String), uses, REPLIES_KEPT_MOST)) {
          replies.delete(old);
          delete uses[old];
        }
      });
  });
export const removeReply = (key: string) =>
  changeReplies((tx) => {
    tx.objectStore("replies").delete(key);
    withUses(tx, (uses) => delete uses[key]);
  });
export const clearReplies = () =>
  changeReplies((tx) => {
    tx.objectStore("replies").clear();
    tx.objectStore("values").delete(USES);
  });

export const allRucks = () =>
  run<LocalRuck[]>(["rucks"], "readonly", (tx) => tx.objectStore("rucks").getAll());
export const getRuck = (key: string) =>
  run<LocalRuck | undefined>(["rucks"], "readonly", (tx) => tx.objectStore("rucks").get(key));
export const putRuck = (ruck: LocalRuck) =>
  run(["rucks"], "readwrite", (tx) => void tx.objectStore("rucks").put(ruck));

// Changes some fields of the record as it is now: the page and the service worker both write it.
// Says whether there was one.
export async function changeRuck(key: string, change: Partial<LocalRuck>): Promise<boolean> {
  const found = await run<LocalRuck | undefined>(["rucks"], "readwrite", (tx) => {
    const store = tx.objectStore("rucks");
    const read = store.get(key) as IDBRequest<LocalRuck | undefined>;
    read.onsuccess = () => {
      if (read.result) store.put({ ...read.result, ...change });
    };
    return read;
  });
  return found !== undefined;
}

export const addFix = (ruck: string, number: number, fix: Fix) =>
  run(["fixes"], "readwrite", (tx) => void tx.objectStore("fixes").put(fix, keyOf(ruck, number)));
export const addEvent = (ruck: string, number: number, event: RuckEvent) =>
  run(["events"], "readwrite", (tx) => void tx.objectStore("events").put(event, keyOf(ruck, number)));

export interface Numbered<T> {
  number: number;
  item: T;
}
async function numbered<T>(store: Store, ruck: string, after: number, most?: number): Promise<Numbered<T>[]> {
  const range = rangeOf(ruck, after);
  const [keys, items] = await Promise.all([
    run<IDBValidKey[]>([store], "readonly", (tx) => tx.objectStore(store).getAllKeys(range, most)),
    run<T[]>([store], "readonly", (tx) => tx.objectStore(store).getAll(range, most)),
  ]);
  // Between the two reads something may have been added.
  return items.slice(0, keys.length).map((item, i) => ({ number: numberOf(keys[i]!), item }));
}
export const fixesOf = (ruck: string, after = -1, most?: number) =>
  numbered<Fix>("fixes", ruck, after, most);
export const eventsOf = (ruck: string, after = -1, most?: number) =>
  numbered<RuckEvent>("events", ruck, after, most);

// When there was the last sign of life of it: of the page, or of the receiver.
export async function lastSeenOf(ruck: LocalRuck): Promise<number> {
  const last = await run<IDBCursorWithValue | null>(["fixes"], "readonly", (tx) =>
    tx.objectStore("fixes").openCursor(rangeOf(ruck.key), "prev"),
  );
  return Math.max(ruck.lastSeen, (last?.value as Fix | undefined)?.t ?? 0);
}

export async function countWaiting(ruck: LocalRuck): Promise<number> {
  return run<number>(["fixes"], "readonly", (tx) =>
    tx.objectStore("fixes").count(rangeOf(ruck.key, ruck.sentFixes)),
  );
}

function removeIn(tx: IDBTransaction, key: string) {
  tx.objectStore("rucks").delete(key);
  tx.objectStore("fixes").delete(rangeOf(key));
  tx.objectStore("events").delete(rangeOf(key));
}
// Removes the rucks for which `isWanted` is not true, as they are at that moment.
async function removeUnless(keys: IDBKeyRange | undefined, isWanted: (ruck: LocalRuck) => boolean): Promise<void> {
  await run(["rucks", "fixes", "events"], "readwrite", (tx) => {
    const read = tx.objectStore("rucks").getAll(keys) as IDBRequest<LocalRuck[]>;
    read.onsuccess = () => {
      for (const ruck of read.result) if (!isWanted(ruck)) removeIn(tx, ruck.key);
    };
  });
}
export const countEventsWaiting = (ruck: LocalRuck) =>
  run<number>(["events"], "readonly", (tx) => tx.objectStore("events").count(rangeOf(ruck.key, ruck.sentEvents)));

export const removeRuck = (key: string) =>
  run(["rucks", "fixes", "events"], "readwrite", (tx) => removeIn(tx, key));
export const removeRucksOf = (user: string) => removeUnless(undefined, (ruck) => ruck.user !== user);
// Unless its words were changed since they were sent.
export const removeIfToldAll = (key: string) =>
  removeUnless(IDBKeyRange.only(key), (ruck) => Object.keys(untold(ruck)).length > 0);

// The words of a ruck that the server does not have.
export function untold({ notes, sentNotes }: LocalRuck): Notes {
  const all = Object.entries(notes) as [keyof Notes, never][];
  return Object.fromEntries(all.filter(([name, value]) => value !== sentNotes?.[name])) as Notes;
}
