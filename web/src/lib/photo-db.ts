// Photos that the server does not have yet. A database of their own: a recording must neither wait for
// a change of its stores, nor share one with what is a thousand times larger.
export interface LocalPhoto {
  id: string;
  user: string;
  ruck: string; // the phone's name for it (`LocalRuck.key`), or the server's id
  serverId?: string; // the server's, where `ruck` is the phone's and the server has been asked
  addedAt: number; // ms since 1970
  name: string;
  size: number; // bytes of the file as it was chosen
  modifiedAt: number; // of that file, ms since 1970
  blob: Blob; // what is sent
  preview: Blob | null; // small, to show; null where this browser cannot decode it
  altText: string;
  keepsOriginal: boolean;
  wasTried?: boolean; // the server may have it, and its answer may be lost
  isUnwanted?: boolean; // removed by its person after that: to be removed there as well
  problem: string | null; // why the server will never take it: one of the below, or its own words
}
export const GONE = "gone"; // the ruck is not there any more
export const LOST = "lost"; // the browser does not have the file any more

// Not the name of a cache: Workbox deletes the database that is called like a cache whose age it bounds.
const NAME = "ruck-waiting-photos";
const STORE = "photos";
let opened: Promise<IDBDatabase> | null = null;

function open(): Promise<IDBDatabase> {
  opened ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => void request.result.createObjectStore(STORE, { keyPath: "id" });
    request.onsuccess = () => {
      request.result.onversionchange = () => (request.result.close(), (opened = null));
      request.result.onclose = () => (opened = null);
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
  opened.catch(() => (opened = null));
  return opened;
}

async function run<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T> | void): Promise<T> {
  const db = await open();
  return new Promise<T>((resolve, reject) => {
    const tx = db.transaction(STORE, mode, { durability: mode === "readwrite" ? "strict" : "default" });
    const request = work(tx.objectStore(STORE));
    tx.oncomplete = () => resolve(request ? request.result : (undefined as T));
    tx.onerror = tx.onabort = () => reject(tx.error ?? request?.error);
  });
}

// The oldest first.
export async function photosOf(user: string): Promise<LocalPhoto[]> {
  const all = await run<LocalPhoto[]>("readonly", (store) => store.getAll());
  return all.filter((photo) => photo.user === user).sort((a, b) => a.addedAt - b.addedAt);
}
export const getPhoto = (id: string) => run<LocalPhoto | undefined>("readonly", (store) => store.get(id));
export const putPhoto = (photo: LocalPhoto) => run("readwrite", (store) => void store.put(photo));
export const removePhoto = (id: string) => run("readwrite", (store) => void store.delete(id));

// Of the record as it is now: the page and the service worker both write it.
export const changePhoto = (id: string, change: Partial<LocalPhoto>) =>
  run("readwrite", (store) => {
    const read = store.get(id) as IDBRequest<LocalPhoto | undefined>;
    read.onsuccess = () => {
      if (read.result) store.put({ ...read.result, ...change });
    };
  });

function removeWhere(isUnwanted: (photo: LocalPhoto) => boolean) {
  return run("readwrite", (store) => {
    const read = store.getAll() as IDBRequest<LocalPhoto[]>;
    read.onsuccess = () => {
      for (const photo of read.result) if (isUnwanted(photo)) store.delete(photo.id);
    };
  });
}
// By either of its names.
export const removePhotosOfRuck = (ruck: string) => removeWhere((photo) => photo.ruck === ruck || photo.serverId === ruck);
export const removePhotosOf = (user: string) => removeWhere((photo) => photo.user === user);
