// Notifications that were opened and that the server has not heard of: by a tap on one that the phone
// showed, or without a network. The page tells them when it can.
import * as db from "./db";

const READ_LATER = "read-later";
const MOST = 100; // more than a phone shows
interface ReadLater {
  user: string;
  ids: number[];
}

export const readLater = (user: string, id: number) =>
  db.changeValue<ReadLater>(READ_LATER, (old) => ({
    user,
    ids: [...(old?.user === user ? old.ids : []), id].slice(-MOST),
  }));
export async function toRead(user: string): Promise<number[]> {
  const kept = await db.getValue<ReadLater>(READ_LATER);
  return kept?.user === user ? kept.ids : [];
}
export const wasRead = (user: string, done: number[]) =>
  db.changeValue<ReadLater>(READ_LATER, (old) => (old?.user === user ? { user, ids: old.ids.filter((id) => !done.includes(id)) } : old));
