// A followed ruck as it is put together from what the server says: snapshots, updates, answers to
// polls (docs/api/live.md). Pure: nothing here knows of sockets or pages.
export type Spot = [number, number];
interface Position {
  lat: number;
  lng: number;
}
export interface LiveData {
  ruck_id: number;
  ruck_status: string;
  is_active: boolean;
  distance_km: number;
  duration_seconds: number;
  average_pace: number;
  ruck_weight_kg: number;
  current_location: { latitude: number; longitude: number } | null;
  last_location_update: string | null;
  started_at: string | null;
}
export interface SnapshotFrame {
  seq: number;
  data: LiveData & { since: number | null; continues: boolean; route_pieces: Position[][] };
}
export interface UpdateFrame {
  seq: number;
  previous: number;
  data: LiveData & { continues: boolean; points: Position[] };
}
export type PollReply = LiveData & { seq: number; route_pieces: Position[][] };

// The line has gaps where the rucker hides something; `pieces` are never joined over them.
export interface View {
  seq: number;
  pieces: Spot[][];
  data: LiveData | null;
}
export const NOTHING: View = { seq: 0, pieces: [], data: null };

const spotsOf = (points: Position[]): Spot[] => points.map(({ lat, lng }) => [lat, lng]);

function extended(pieces: Spot[][], more: Spot[][], continues: boolean): Spot[][] {
  const last = pieces.at(-1);
  const [first, ...rest] = more;
  if (!first) return pieces;
  if (continues && last) return [...pieces.slice(0, -1), [...last, ...first], ...rest];
  return [...pieces, ...more];
}

// `since` asked for what is new only; without it, or where the server had to begin anew, it is all.
export function withSnapshot(view: View, { seq, data }: SnapshotFrame): View {
  const pieces = data.route_pieces.map(spotsOf);
  if (data.since === null || data.since !== view.seq) return { seq, pieces, data };
  return { seq, pieces: extended(view.pieces, pieces, data.continues), data };
}

// Nothing if it does not go on from what is there: frames were left out, and a snapshot is wanted.
export function withUpdate(view: View, { seq, previous, data }: UpdateFrame): View | null {
  if (previous !== view.seq) return null;
  const more = data.points.length > 0 ? [spotsOf(data.points)] : [];
  return { seq, pieces: extended(view.pieces, more, data.continues), data };
}

export const fromPoll = (reply: PollReply): View => ({
  seq: reply.seq,
  pieces: reply.route_pieces.map(spotsOf),
  data: reply,
});

// When the newest position was taken, ms of our clock. Others are told the minute only, so it is
// some time in that minute, and not after it came.
const MINUTE_MS = 60_000;
export function positionAt(data: LiveData, arrivedAt: number, serverAheadMs: number): number | null {
  if (!data.last_location_update) return null;
  const told = Date.parse(data.last_location_update) - serverAheadMs;
  const isMinute = told % 1000 === 0 && new Date(data.last_location_update).getUTCSeconds() === 0;
  return Math.min(arrivedAt, isMinute ? told + MINUTE_MS - 1 : told);
}
