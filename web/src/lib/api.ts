// The server, as pages and the service worker talk to it. The access token lives in memory; the
// refresh token in a cookie that no script can read.
import type { Replies, SignedIn } from "$generated/api";

// No answer came: no network, or a server that is away. What was to be sent is still wanted.
export class Unreachable extends Error {
  constructor() {
    super("unreachable");
  }
}
// Nor within the time that a request may take: what is sent may be too much for the reception.
export class TimedOut extends Unreachable {}
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly retryAfterS: number,
  ) {
    super(message);
  }
  get isBusy() {
    return this.status === 429 || this.status >= 500;
  }
}
// The session is over: only signing in again helps.
export class SignedOut extends Error {
  constructor() {
    super("signed out");
  }
}

// On this device somebody else has signed in meanwhile, in another tab: nothing of this page's person
// may go out under that name, or be shown what is theirs.
export class AnotherPerson extends SignedOut {}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
// "/api/rucks/7" is of the route "GET /api/rucks/{id}".
type Route<M extends Method> = Extract<keyof Replies, `${M} ${string}`>;

const TIMEOUT_MS = 30_000;
// A file of 10 MB within it at 270 kbit/s; and the server may work on it for ten seconds.
const FILE_TIMEOUT_MS = 300_000;
const RENEW_BEFORE_MS = 60_000;

let access: { user: string; token: string; until: number } | null = null;
let renewing: Promise<SignedIn> | null = null;
let owner: string | null = null;
let whenAnother = () => {};

async function send(method: Method, path: string, body: BodyInit | null, headers: HeadersInit, timeoutMs = TIMEOUT_MS): Promise<Response> {
  try {
    return await fetch(path, {
      method,
      body,
      headers,
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (problem) {
    throw problem instanceof DOMException && problem.name === "TimeoutError" ? new TimedOut() : new Unreachable();
  }
}

async function read<T>(response: Response): Promise<T> {
  let body: unknown = null;
  try {
    body = await response.json();
  } catch {
    // A gateway's own page, or an answer that broke off.
    if (response.ok) throw new Unreachable();
  }
  if (response.ok) return body as T;
  const problem = body as { message?: string; error?: string } | null;
  if (!problem?.error && response.status >= 502) throw new Unreachable();
  throw new Refused(
    response.status,
    problem?.error ?? String(response.status),
    problem?.message ?? response.statusText,
    Number(response.headers.get("Retry-After") ?? 0) || 0, // a date is no number
  );
}

// Whose requests these are from now on. The cookie is shared by all tabs, so what it gives is compared
// with this each time.
export function belongTo(user: string | null) {
  owner = user;
  if (access?.user !== user) access = null;
}
export const isOwner = (user: string) => owner === user;
export const onAnotherPerson = (told: () => void) => (whenAnother = told);

export function keep(signedIn: SignedIn): SignedIn {
  access = { user: signedIn.user.id, token: signedIn.access_token, until: Date.now() + signedIn.expires_in * 1000 };
  return signedIn;
}

// One at a time: each refresh replaces the token in the cookie.
export function renew(): Promise<SignedIn> {
  if (owner === null) return Promise.reject(new SignedOut());
  renewing ??= (async () => {
    try {
      const response = await send("POST", "/api/auth/refresh", null, {});
      if (response.status === 400 || response.status === 401) {
        access = null;
        throw new SignedOut();
      }
      const signedIn = await read<SignedIn>(response);
      if (signedIn.user.id !== owner) {
        access = null;
        whenAnother();
        throw new AnotherPerson();
      }
      return keep(signedIn);
    } finally {
      renewing = null;
    }
  })();
  return renewing;
}

// For the WebSocket, which carries the token in a message. It is good for `leftMs` more at least.
export async function token(leftMs: number): Promise<{ token: string; until: number }> {
  if (!access || access.until - leftMs < Date.now()) await renew();
  if (!access) throw new SignedOut();
  return access;
}

async function authorized(method: Method, path: string, body: BodyInit | null, type?: string, timeoutMs?: number): Promise<Response> {
  const whose = owner;
  if (!access || access.until - RENEW_BEFORE_MS < Date.now()) await renew();
  const headers = (): HeadersInit => {
    if (!access || access.user !== whose) throw new SignedOut();
    return { Authorization: `Bearer ${access.token}`, ...(type ? { "Content-Type": type } : {}) };
  };
  const first = await send(method, path, body, headers(), timeoutMs);
  const isExpired = first.status === 401 || (first.status === 503 && first.headers.get("Retry-After") === "1");
  if (!isExpired) return first;
  await renew();
  return send(method, path, body, headers(), timeoutMs);
}

const JSON_TYPE = "application/json";

async function call<R extends keyof Replies>(method: Method, path: string, body?: unknown): Promise<Replies[R]> {
  const text = body === undefined ? null : JSON.stringify(body);
  return read(await authorized(method, path, text, text === null ? undefined : JSON_TYPE));
}

export const get = <R extends Route<"GET">>(_route: R, path: string) => call<R>("GET", path);
export const post = <R extends Route<"POST">>(_route: R, path: string, body: unknown = {}) =>
  call<R>("POST", path, body);
export const put = <R extends Route<"PUT">>(_route: R, path: string, body: unknown) =>
  call<R>("PUT", path, body);
export const patch = <R extends Route<"PATCH">>(_route: R, path: string, body: unknown) =>
  call<R>("PATCH", path, body);
export const del = <R extends Route<"DELETE">>(_route: R, path: string) => call<R>("DELETE", path);

// Without an account.
export async function open<R extends keyof Replies>(
  method: Method,
  _route: R,
  path: string,
  body?: unknown,
): Promise<Replies[R]> {
  const text = body === undefined ? null : JSON.stringify(body);
  return read(await send(method, path, text, text === null ? {} : { "Content-Type": JSON_TYPE }));
}

export async function file(path: string): Promise<Blob> {
  const response = await authorized("GET", path, null);
  if (!response.ok) await read(response);
  return response.blob();
}
export async function upload<T>(path: string, body: Blob, type: string): Promise<T> {
  return read<T>(await authorized("POST", path, body, type));
}
// With files in it: the browser says where one part ends, so it names the type.
export async function form<R extends Route<"POST">>(_route: R, path: string, body: FormData): Promise<Replies[R]> {
  return read(await authorized("POST", path, body, undefined, FILE_TIMEOUT_MS));
}
// Ends the sign-in of the cookie, whoever asks: after "sign out" there is nobody here to ask for.
export async function leave(): Promise<void> {
  const response = await send("POST", "/api/auth/logout", null, {});
  if (response.status >= 500 || response.status === 429) throw new Unreachable();
}
