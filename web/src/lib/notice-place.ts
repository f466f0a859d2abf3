// Where a notification leads: one table, for the list and for the service worker
// (docs/api/notifications.md). `data` comes from the server or from a push, so it may hold anything:
// what is no id makes no address.
export type NoticeData = Record<string, unknown>;

export const NOTICES = "/notifications";
const RUCK = /^\d{1,16}$/;
const PERSON = /^[\w-]{1,64}$/;

const idIn = (value: unknown, form: RegExp) => (typeof value === "string" && form.test(value) ? value : null);
function ruck(data: NoticeData, more = ""): string | null {
  const id = idIn(data.ruck_id, RUCK);
  return id && `/rucks/${id}${more}`;
}
function person(value: unknown): string | null {
  const id = idIn(value, PERSON);
  return id && `/users/${id}`;
}

const places = new Map<unknown, (data: NoticeData) => string | null>([
  ["ruck_started", (data) => ruck(data, "/live")],
  ["ruck_message", (data) => ruck(data)],
  ["ruck_like", (data) => ruck(data)],
  ["ruck_comment", (data) => ruck(data, "?to=comments")],
  ["ruck_activity", (data) => ruck(data, data.kind === "ruck_activity_comment" ? "?to=comments" : "")],
  // Requests are answered at the head of the list.
  ["follow", (data) => (data.kind === "follow_request" ? NOTICES : person(data.user_id))],
  ["system", (data) => ruck(data) ?? (data.session_id === undefined ? null : "/settings?to=devices")],
]);

// A type of a newer server leads to whom it is of, or to the list.
export const placeOf = (data: NoticeData): string => places.get(data.type)?.(data) ?? person(data.sender_id) ?? NOTICES;
