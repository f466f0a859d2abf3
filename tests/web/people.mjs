// A small world for tests and pictures: people with rucks, follows, words, and one who is out.
import { account, api, madeTrack } from "./support.mjs";

const DAY = 86_400_000;
export const iso = (ms) => new Date(ms).toISOString();
export const json = (method, body = {}) => ({ method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
// Who follows may watch live where the other chose so.
export const showLive = (server, who, audience = "followers") => api(server, who, "/api/users/profile", json("PUT", { live_audience: audience }));
export const follow = (server, who, whom) => api(server, who, `/api/users/${whom.id}/follow`, json("POST"));

async function sendPoints(server, who, path, fixes) {
  for (let from = 0; from < fixes.length; from += 500) {
    const points = fixes.slice(from, from + 500).map((f) => ({ lat: f.lat, lng: f.lng, altitude: f.alt, accuracy: f.acc, timestamp: iso(f.t) }));
    await api(server, who, `${path}/location`, json("POST", { points }));
  }
}

// Recorded, not imported: what is imported is in no feed.
export async function ruckOf(server, who, { title = "Ridge loop", count = 900, daysAgo = 2, seed = 7, load = 15, ...more } = {}) {
  const fixes = madeTrack({ count, seed, stepS: 3, start: Math.round(Date.now() - daysAgo * DAY), ...more });
  const [first, last] = [fixes[0].t, fixes.at(-1).t];
  const path = `/api/rucks/offline_${first}`;
  const { id } = await api(server, who, `${path}/start`, json("POST", { started_at: iso(first), ruck_weight_kg: load }));
  await sendPoints(server, who, path, fixes);
  await api(server, who, `${path}/complete`, json("POST", { started_at: iso(first), completed_at: iso(last), title }));
  return id;
}

// Somebody on the move since half an hour; send() adds what she walks, `ahead` of it being yet to come.
export async function outNow(server, who, { load = 15, count = 600, ahead = 0, seed = 7, ...more } = {}) {
  const start = Date.now() - (count - ahead) * 3000;
  await showLive(server, who);
  const { id } = await api(server, who, "/api/rucks", json("POST", { ruck_weight_kg: load, started_at: iso(start) }));
  await api(server, who, `/api/rucks/${id}/start`, json("POST", { started_at: iso(start) }));
  const way = madeTrack({ count, start, seed, ...more });
  let sent = 0;
  const send = async (n) => {
    await sendPoints(server, who, `/api/rucks/${id}`, way.slice(sent, sent + n));
    sent += n;
  };
  return { id, send, finish: () => api(server, who, `/api/rucks/${id}/complete`, json("POST")) };
}

export async function aWorld(server) {
  const named = async (username) => account(server, { username });
  const me = await account(server, { username: "Robin", gender: "female", date_of_birth: "1990-04-12", height_cm: 172 });
  const [anna, jonas, mira, tomas, lea, sam] = await Promise.all(["Anna Berger", "Jonas", "Mira K", "Tomás", "Lea Winter", "Sam"].map(named));
  for (const who of [anna, jonas, mira, tomas]) await follow(server, me, who);
  for (const who of [anna, jonas, lea, sam]) await follow(server, who, me);
  await follow(server, jonas, anna);
  await follow(server, lea, anna);
  await ruckOf(server, sam, { title: "Dunes and back", count: 1200, daysAgo: 3.1, seed: 41, lat: 52.4, lng: 4.55, load: 20 });
  await ruckOf(server, lea, { title: "Forest before work", count: 900, daysAgo: 2.3, seed: 17, lat: 47.34, lng: 11.2, load: 12 });
  await ruckOf(server, tomas, { title: "Sierra at dawn", count: 2200, daysAgo: 1.6, seed: 5, lat: 40.75, lng: -3.95, load: 18 });
  await ruckOf(server, mira, { title: "Lunch ruck", count: 700, daysAgo: 1.2, seed: 29, lat: 48.14, lng: 11.58, load: 10 });
  const pass = await ruckOf(server, anna, { title: "Over the pass", count: 3200, daysAgo: 0.7, seed: 11, lat: 47.2, lng: 11.35, load: 16 });
  await ruckOf(server, anna, { title: "Heavy hill", count: 1100, daysAgo: 4.2, seed: 13, lat: 47.23, lng: 11.3, load: 25 });
  for (const who of [jonas, lea, mira]) await api(server, who, "/api/ruck-likes", json("POST", { ruck_id: pass }));
  await api(server, jonas, `/api/rucks/${pass}/comments`, json("POST", { content: "What a line. Snow still up there?" }));
  await api(server, anna, `/api/rucks/${pass}/comments`, json("POST", { content: "Only on the north side. Sixteen kilos were plenty." }));
  await api(server, lea, `/api/rucks/${pass}/comments`, json("POST", { content: "Take me along next time!" }));
  return { me, anna, jonas, mira, tomas, lea, sam, pass };
}
