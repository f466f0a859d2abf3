// What the server has of the user, as one file: settings.export.text says what is in it. Ruck by ruck,
// so that nothing grows large on the way.
import type { Person, RuckView } from "$generated/api";
import { get, Refused } from "./api";

const PAGE = 50; // rucks whose comments and likes are counted at once
const BUSY_TRIES = 6;
const BUSY_WAIT_MOST_S = 60; // the longest window in which requests are counted

// Years of rucks are thousands of questions; a server that says it is enough for now is waited for.
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (problem) {
      if (!(problem instanceof Refused && problem.isBusy) || tries === BUSY_TRIES) throw problem;
      const wait = Math.min(BUSY_WAIT_MOST_S, Math.max(1, problem.retryAfterS));
      await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    }
  }
}

interface PageOfPeople {
  people: Person[];
  next?: string;
}
async function everybody(page: (cursor: string) => Promise<PageOfPeople>): Promise<Person[]> {
  const all: Person[] = [];
  for (let cursor = ""; ; ) {
    const { people, next } = await patiently(() => page(cursor));
    all.push(...people);
    if (!next) return all;
    cursor = `?cursor=${encodeURIComponent(next)}`;
  }
}

async function aboutThePerson() {
  const profile = await patiently(() => get("GET /api/users/profile", "/api/users/profile"));
  const path = `/api/users/${profile.id}`;
  return {
    profile,
    privacy_zones: (await patiently(() => get("GET /api/users/me/privacy-zones", "/api/users/me/privacy-zones"))).data,
    following: await everybody(async (cursor) => {
      const { following, pagination } = (await get("GET /api/users/{id}/following", `${path}/following${cursor}`)).data;
      return { people: following, next: pagination.nextCursor };
    }),
    followers: await everybody(async (cursor) => {
      const { followers, pagination } = (await get("GET /api/users/{id}/followers", `${path}/followers${cursor}`)).data;
      return { people: followers, next: pagination.nextCursor };
    }),
    blocked: (await patiently(() => get("GET /api/users/me/blocks", "/api/users/me/blocks"))).data.blocked,
    follow_requests: (await patiently(() => get("GET /api/users/me/follow-requests", "/api/users/me/follow-requests"))).data.requests,
    signed_in: (await patiently(() => get("GET /api/auth/sessions", "/api/auth/sessions"))).data,
  };
}

type Reactions = Record<string, { like_count: number; comments_count: number }>;
async function aboutTheRuck({ id, status }: RuckView, reactions: Reactions) {
  const path = `/api/rucks/${id}`;
  const whole = (await patiently(() => get("GET /api/rucks/{id}", path))) as Record<string, unknown>;
  // The same list under two more names, for the mobile app.
  delete whole.route;
  delete whole.locationPoints;
  const counts = reactions[String(id)];
  return {
    ...whole,
    heart_rate: await patiently(() => get("GET /api/rucks/{id}/heartrate", `${path}/heartrate?all=true`)),
    comments: counts?.comments_count ? (await patiently(() => get("GET /api/rucks/{id}/comments", `${path}/comments`))).data : [],
    likes: counts?.like_count ? (await patiently(() => get("GET /api/ruck-likes", `/api/ruck-likes?ruck_id=${id}`))).data : [],
    cheers: (await patiently(() => get("GET /api/rucks/{id}/messages", `${path}/messages`))).messages,
    // A link is good until its ruck ends.
    share_links: status === "completed" ? [] : (await patiently(() => get("GET /api/rucks/{id}/live/links", `${path}/live/links`))).data,
  };
}

export async function exportAll(progress: (done: number) => void): Promise<Blob> {
  const person = JSON.stringify(await aboutThePerson());
  const parts: string[] = [`${person.slice(0, -1)},"rucks":[`];
  let done = 0;
  for (let offset = 0; ; offset += PAGE) {
    const page = await patiently(() => get("GET /api/rucks", `/api/rucks?limit=${PAGE}&offset=${offset}`));
    const ids = page.map((ruck) => ruck.id).join();
    const reactions = (page.length > 0 ? (await patiently(() => get("GET /api/ruck-likes/batch", `/api/ruck-likes/batch?ruck_ids=${ids}`))).data : {}) as Reactions;
    for (const ruck of page) {
      parts.push(`${done === 0 ? "" : ","}${JSON.stringify(await aboutTheRuck(ruck, reactions))}`);
      progress(++done);
    }
    if (page.length < PAGE) break;
  }
  parts.push("]}\n");
  return new Blob(parts, { type: "application/json" });
}
