// Following live, in browsers: where somebody is, what one calls out to her, and that the page comes
// back by itself and never says more than it knows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { browser, server } from "./stage.mjs";
import { DESKTOP, PHONE, account, api, madeTrack, openPhone, settled, signIn, sleep, startRuck, until, walk } from "./support.mjs";
import { load } from "./app_modules.mjs";
import { follow as followed, iso, json, showLive } from "./people.mjs";

const FOLLOWERS_MS = 1000; // from the acknowledgement of a batch to the marker at its new place

// Fixes of a walk after which others see something, wherever the circle around its start lies: 1.3 km.
const FAR = 300;

// A rucker by the API: their batches are acknowledged when send() returns.
async function rucker(username = "Robin") {
  const who = await account(server, { username });
  const start = Date.now() - 3_000_000;
  const { id } = await api(server, who, "/api/rucks", json("POST", { ruck_weight_kg: 15, started_at: iso(start) }));
  await api(server, who, `/api/rucks/${id}/start`, json("POST", { started_at: iso(start) }));
  const way = madeTrack({ count: 1000, start });
  let sent = 0;
  const send = async (count) => {
    const points = way.slice(sent, sent + count).map((f) => ({ lat: f.lat, lng: f.lng, altitude: f.alt, accuracy: f.acc, timestamp: iso(f.t) }));
    const reply = await api(server, who, `/api/rucks/${id}/location`, json("POST", { points }));
    assert.equal(reply.inserted, count);
    sent += count;
    return Date.now();
  };
  return { who, id, send, finish: () => api(server, who, `/api/rucks/${id}/complete`, json("POST")) };
}
// And back: those whom one follows back may watch live.
const follow = async (follower, rucker) => {
  await followed(server, follower, rucker);
  await followed(server, rucker, follower);
};

async function signedIn(who, viewport = DESKTOP) {
  const context = await browser.newContext({ viewport });
  const page = await context.newPage();
  await signIn(page, server, who);
  return { context, page };
}
const state = (page) => page.locator("[data-live]").getAttribute("data-live");
// What the server says to who asks now: a name of the last visible point, no count.
const newest = async (who, id) => (await api(server, who, `/api/rucks/${id}/live`)).seq;
const seq = async (page) => Number(await page.locator("[data-live]").getAttribute("data-seq"));
const marker = (page) => page.locator(".leaflet-container path.here").getAttribute("d");
// The moments at which the marker was moved, by the page's own clock, which is this machine's.
const watchMarker = (page) =>
  page.evaluate(() => {
    globalThis.moved = [];
    const path = document.querySelector(".leaflet-container path.here");
    new MutationObserver(() => globalThis.moved.push(Date.now())).observe(path, { attributes: true, attributeFilter: ["d"] });
  });

test("the marker moves within a second of the acknowledgement, and cheers arrive", async () => {
  // The recorder is a page of its own, with a phone's receiver.
  const robin = await account(server);
  const begin = Date.now() - 1_800_000;
  const phone = await browser.newContext({ viewport: PHONE });
  const recorder = await openPhone(phone, begin);
  await signIn(recorder, server, robin);
  const kim = await account(server, { username: "Kim" });
  await follow(kim, robin);
  const { context, page } = await signedIn(kim);
  assert.equal(await page.locator("[data-out]").getAttribute("data-out"), "0");

  await startRuck(recorder, server);
  await walk(recorder, madeTrack({ count: FAR, start: begin + 1000 }));
  await settled(recorder);
  await recorder.locator("[data-sync]").click();
  await until(async () => (await recorder.locator("[data-sync]").getAttribute("data-sync")) === "saved", "the first batch");

  // Found on the home page.
  await page.reload();
  await page.getByRole("link", { name: /Robin, out since/ }).click();
  await page.getByRole("heading", { name: "Robin is out" }).waitFor();
  await until(async () => (await state(page)) !== "connecting" && (await seq(page)) === (await newest(kim, page.url().split("/").at(-2))), "the line so far");
  await page.locator(".leaflet-container path.here").waitFor({ state: "attached" });
  const { id } = await page.evaluate(() => ({ id: location.pathname.split("/")[2] }));
  await recorder.locator('[data-watching="1"]').waitFor();

  // Batch after batch, from the reply to the marker.
  const latencies = [];
  const more = madeTrack({ count: FAR + 200, start: begin + 1000 }).slice(FAR);
  await watchMarker(page);
  for (let i = 0; i < 8; i++) {
    const before = await marker(page);
    const points = more.slice(i * 25, i * 25 + 25).map((f) => ({ lat: f.lat, lng: f.lng, altitude: f.alt, accuracy: f.acc, timestamp: iso(f.t) }));
    await page.evaluate(() => (globalThis.moved = []));
    await api(server, robin, `/api/rucks/${id}/location`, json("POST", { points }));
    const acknowledged = Date.now();
    await until(async () => (await marker(page)) !== before, "the marker to move", FOLLOWERS_MS + 4000);
    latencies.push((await page.evaluate(() => globalThis.moved[0])) - acknowledged);
    await until(async () => (await seq(page)) === (await newest(kim, id)), "the frame");
  }
  latencies.sort((a, b) => a - b);
  console.log(`marker after the acknowledgement: median ${latencies[4]} ms, worst ${latencies.at(-1)} ms`);
  assert.ok(latencies.at(-1) <= FOLLOWERS_MS, `${latencies} ms`);
  assert.equal(await page.locator('[data-stat="load"] .value').innerText(), "10");

  // A cheer by a button; then calm waiting.
  await page.getByRole("button", { name: "Looking strong!" }).click();
  await recorder.locator("[data-cheer]").waitFor();
  assert.match(await recorder.locator("[data-cheer]").innerText(), /Kim[\s\S]*Looking strong!/);
  assert.match(await recorder.locator("[data-toast]").innerText(), /Kim: Looking strong!/);
  await page.getByText(/Next cheer in \d+ s/).waitFor();
  assert.ok(await page.getByRole("button", { name: "Keep going!" }).isDisabled());
  // Another device of hers, that does not know of the thirty seconds: the server's count is shown.
  const second = await context.newPage();
  await second.goto(`${server.url}/rucks/${id}/live`);
  await second.getByLabel("Your own words").fill("Hello again");
  await second.getByRole("button", { name: "Send" }).click();
  await second.getByText(/Next cheer in \d+ s/).waitFor();
  assert.equal(await recorder.locator("[data-cheer]").count(), 1);
  await second.close();

  // The recorder's page made anew still shows what was said.
  await recorder.reload();
  await recorder.locator("[data-cheer]").waitFor();
  await recorder.locator('[data-watching="1"]').waitFor();

  // The end.
  await recorder.getByRole("button", { name: "Finish" }).click();
  await recorder.getByRole("dialog").getByRole("button", { name: "Finish" }).click();
  await page.locator('[data-over="ended"]').waitFor();
  await page.locator('[data-shown="ended"]').getByText(/^Last position at/).waitFor();
  assert.equal(await page.getByText("Live", { exact: true }).count(), 0, "what has ended is not live");
  await page.getByRole("link", { name: "See the ruck" }).click();
  await page.getByText(/^Private places, the start and the end are not shown/).waitFor();
  await context.close();
  await phone.close();
});

test("the server goes away and comes back: the page recovers by itself and misses nothing", async () => {
  const robin = await rucker();
  const kim = await account(server, { username: "Kim" });
  await follow(kim, robin.who);
  await robin.send(FAR);
  const { context, page } = await signedIn(kim);
  await page.goto(`${server.url}/rucks/${robin.id}/live`);
  await until(async () => (await state(page)) === "live" && (await seq(page)) === (await newest(kim, robin.id)), "the line so far");
  // Asked to stop, and killed.
  for (const [round, signal] of ["SIGTERM", "SIGKILL"].entries()) {
    const gone = new Promise((resolve) => server.process.once("exit", resolve));
    server.process.kill(signal);
    await gone;
    await until(async () => (await state(page)) === "reconnecting", "the page to say so");
    assert.match(await page.locator(".state").innerText(), /Reconnecting[\s\S]*Last position/);
    await server.up();
    await robin.send(50); // while nobody listens, or just after
    const expected = await newest(kim, robin.id);
    await until(async () => (await state(page)) === "live" && (await seq(page)) === expected, `the points of round ${round}`, 25_000);
  }
  // The line is the one that somebody sees who comes now.
  const late = await context.newPage();
  await late.goto(`${server.url}/rucks/${robin.id}/live`);
  await until(async () => (await state(late)) === "live", "the second page");
  // Each has its own scale: the length of the whole line in diagonals of its box.
  const shape = (each) =>
    each.evaluate(() => {
      const paths = [...document.querySelectorAll(".leaflet-container path:not(.here)")];
      const line = paths.reduce((longest, path) => (path.getTotalLength() > longest.getTotalLength() ? path : longest));
      const { width, height } = line.getBBox();
      return line.getTotalLength() / Math.hypot(width, height);
    });
  for (const each of [page, late]) {
    await each.locator(".leaflet-container path.here").waitFor({ state: "attached" });
    for (let i = 0; i < 2; i++) await each.getByRole("button", { name: "Zoom out" }).click();
  }
  // Until both maps have come to rest.
  await until(async () => {
    const [one, other] = await Promise.all([shape(page), shape(late)]);
    return Math.abs(one / other - 1) < 0.04;
  }, "the two lines to have one shape");
  for (const name of ["data-at", "data-pieces"]) {
    const [one, other] = await Promise.all([page, late].map((each) => each.locator("[data-live]").getAttribute(name)));
    assert.equal(one, other, name);
  }
  for (const name of ["distance", "time", "average"]) {
    const [one, other] = await Promise.all([page, late].map((each) => each.locator(`[data-stat="${name}"] .value`).innerText()));
    assert.equal(one, other, name);
  }
  // And new points come over the socket that came back.
  await robin.send(10);
  await until(async () => (await seq(page)) === (await newest(kim, robin.id)), "an update");
  await robin.finish();
  await context.close();
});

test("no socket to be had: it polls and says so, and goes back to the socket", async () => {
  const robin = await rucker();
  const kim = await account(server, { username: "Kim" });
  await follow(kim, robin.who);
  await robin.send(FAR);
  const { context, page } = await signedIn(kim);
  let isOpen = false;
  await page.routeWebSocket(/\/api\/live$/, (socket) => {
    if (isOpen) socket.connectToServer();
    else socket.close({ code: 4000 });
  });
  await page.goto(`${server.url}/rucks/${robin.id}/live`);
  await until(async () => (await state(page)) === "polling", "polling");
  assert.match(await page.locator(".live").innerText(), /asks every 15 seconds/);
  assert.equal(await seq(page), await newest(kim, robin.id));
  isOpen = true;
  await robin.send(20);
  await until(async () => (await state(page)) === "live" && (await seq(page)) === (await newest(kim, robin.id)), "the socket", 40_000);
  await robin.finish();
  await context.close();
});

// A server in the page's place, which says what a real one says once a month.
async function withFakeServer(play) {
  const robin = await rucker();
  const kim = await account(server, { username: "Kim" });
  await follow(kim, robin.who);
  await robin.send(100);
  const { context, page } = await signedIn(kim);
  const sockets = [];
  await page.routeWebSocket(/\/api\/live$/, (socket) => {
    const heard = [];
    const one = { socket, heard, at: Date.now(), said: (type) => until(() => heard.find((m) => m.type === type), `the page to say ${type}`, 30_000) };
    socket.onMessage((text) => {
      const message = JSON.parse(text);
      heard.push(message);
      const answer = (what) => socket.send(JSON.stringify(what));
      // The other socket of the page is the bell's.
      if (message.type === "subscribe" && message.topic !== "me" && !sockets.includes(one)) sockets.push(one);
      if (message.type === "auth") answer({ type: "ready", user_id: kim.id, expires_at: iso(Date.now() + 3_600_000) });
      if (message.type === "ping" && !one.isSilent) answer({ type: "pong", time: iso(Date.now()) });
    });
  });
  const nextSocket = (n) => until(() => sockets[n], `connection ${n + 1}`, 45_000);
  await page.goto(`${server.url}/rucks/${robin.id}/live`);
  await play({ page, nextSocket, ruck: robin.id, sockets });
  await robin.finish();
  await context.close();
}
const line = (ruck, more) => ({ ruck_id: ruck, ruck_status: "in_progress", is_active: true, distance_km: 1.2, duration_seconds: 900, average_pace: 750, ruck_weight_kg: 15, current_location: { latitude: 47.301, longitude: 11.4 }, last_location_update: iso(Date.now()), started_at: iso(Date.now() - 900_000), ...more });
const tell = (one, message) => one.socket.send(JSON.stringify(message));

test("frames left out are asked for, a renewal is sent, and every close code is obeyed", async () => {
  await withFakeServer(async ({ page, nextSocket, ruck, sockets }) => {
    const first = await nextSocket(0);
    const topic = `ruck:${ruck}`;
    assert.deepEqual(await first.said("subscribe"), { type: "subscribe", topic });
    tell(first, { type: "snapshot", topic, seq: 40, data: line(ruck, { since: null, continues: false, route_pieces: [[{ lat: 47.3, lng: 11.4 }, { lat: 47.301, lng: 11.4 }]] }) });
    await until(async () => (await seq(page)) === 40, "the snapshot");
    // previous is not what the page has: it asks for what it missed, and no half line is shown.
    first.heard.length = 0;
    tell(first, { type: "update", topic, seq: 60, previous: 50, data: line(ruck, { continues: true, points: [{ lat: 47.4, lng: 11.4 }] }) });
    assert.deepEqual(await first.said("subscribe"), { type: "subscribe", topic, since: 40 });
    assert.equal(await seq(page), 40);
    tell(first, { type: "snapshot", topic, seq: 60, data: line(ruck, { since: 40, continues: true, route_pieces: [[{ lat: 47.302, lng: 11.4 }]] }) });
    await until(async () => (await seq(page)) === 60, "what was missed");

    first.heard.length = 0;
    tell(first, { type: "token_expiring", in_ms: 60_000 });
    assert.ok((await first.said("auth")).token.length > 20, "the new token");
    assert.ok(!first.heard.some((m) => m.type === "subscribe"), "a renewal is no new beginning");

    // A restart: when the server says, not before.
    tell(first, { type: "notice", notice: "restart", reconnect_after_ms: 2500 });
    const told = Date.now();
    first.socket.close({ code: 1012 });
    await until(async () => (await state(page)) === "reconnecting", "the page to say so");
    const second = await nextSocket(1);
    const waited = second.at - told;
    assert.ok(waited >= 2400 && waited < 4500, `${waited} ms`);
    assert.deepEqual(await second.said("subscribe"), { type: "subscribe", topic, since: 60 });
    tell(second, { type: "snapshot", topic, seq: 60, data: line(ruck, { since: 60, continues: false, route_pieces: [] }) });
    await until(async () => (await state(page)) === "live", "live again");

    // Too slow: back with what it has.
    second.socket.close({ code: 1013 });
    const third = await nextSocket(2);
    assert.equal((await third.said("subscribe")).since, 60);
    const firstToken = third.heard.find((m) => m.type === "auth").token;

    // The token is no longer good: a new one.
    third.socket.close({ code: 4401 });
    const fourth = await nextSocket(3);
    const secondToken = (await fourth.said("auth")).token;
    assert.notEqual(secondToken, firstToken);
    tell(fourth, { type: "snapshot", topic, seq: 60, data: line(ruck, { since: 60, continues: false, route_pieces: [] }) });
    await until(async () => (await state(page)) === "live", "live again");

    // Too many connections: not at once again.
    fourth.socket.close({ code: 4429 });
    await sleep(5000);
    assert.equal(sockets.length, 4, "it waits");
  });
});

test("a socket that has died silently is noticed, and a hidden page lets its socket go", async () => {
  await withFakeServer(async ({ page, nextSocket, ruck }) => {
    const topic = `ruck:${ruck}`;
    const first = await nextSocket(0);
    await first.said("subscribe");
    tell(first, { type: "snapshot", topic, seq: 40, data: line(ruck, { since: null, continues: false, route_pieces: [[{ lat: 47.3, lng: 11.4 }, { lat: 47.301, lng: 11.4 }]] }) });
    await until(async () => (await state(page)) === "live", "live");
    first.isSilent = true;
    await page.evaluate(() => dispatchEvent(new Event("offline")));
    await until(async () => (await state(page)) === "reconnecting", "the silence to be noticed", 10_000);
    const second = await nextSocket(1);
    await second.said("subscribe");
    tell(second, { type: "snapshot", topic, seq: 40, data: line(ruck, { since: 40, continues: false, route_pieces: [] }) });
    await until(async () => (await state(page)) === "live", "live again");

    let isClosed = false;
    second.socket.onClose(() => (isClosed = true));
    const setHidden = (hidden) =>
      page.evaluate((value) => {
        Object.defineProperty(document, "visibilityState", { value: value ? "hidden" : "visible", configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    await setHidden(true);
    await until(() => isClosed, "the socket to be let go", 30_000);
    assert.equal(await state(page), "asleep");
    await setHidden(false);
    const third = await nextSocket(2);
    assert.equal((await third.said("subscribe")).since, 40);
  });
});

test("a share link works signed out, trails behind, and says calmly when it is over", async () => {
  const robin = await rucker();
  await robin.send(2 * FAR); // a link trails behind
  const { context: own, page: owner } = await signedIn(robin.who, PHONE);
  await own.grantPermissions(["clipboard-read", "clipboard-write"]);
  await owner.goto(`${server.url}/rucks/${robin.id}`);
  await owner.getByRole("button", { name: "Make a link" }).click();
  const url = await owner.locator("[data-share-url]").inputValue();
  assert.match(url, /\/live\/[\w-]{30,}$/);
  await owner.getByRole("button", { name: "Copy" }).click();
  await owner.getByText("Copied").waitFor();
  assert.equal(await owner.evaluate(() => navigator.clipboard.readText()), url);

  const context = await browser.newContext({ viewport: PHONE });
  const page = await context.newPage();
  const elsewhere = [];
  page.on("request", (request) => request.url().startsWith(server.url) || request.url().startsWith("data:") || elsewhere.push(request.url()));
  await page.goto(url);
  await page.getByRole("heading", { name: "A ruck under way" }).waitFor();
  await until(async () => (await state(page)) === "live" && (await seq(page)) > 0, "the link's view");
  assert.notEqual(await seq(page), await newest(robin.who, robin.id), "it trails behind");
  assert.ok(!(await page.content()).includes("Robin"), "a link names nobody");
  await page.locator(".leaflet-container path.here").waitFor({ state: "attached" });
  const before = await marker(page);
  await robin.send(FAR); // how far it trails behind differs from place to place
  await until(async () => (await marker(page)) !== before, "the link's marker to move");
  assert.deepEqual(elsewhere, []);

  // Revoked: told at once, and the same afterwards as for a link that never was.
  await owner.getByRole("button", { name: /Take back/ }).click();
  await page.locator('[data-over="link-over"]').waitFor();
  assert.ok((await page.locator("[data-live]").count()) === 0, "nothing of the ruck is left on the page");
  await page.reload();
  await page.locator('[data-over="link-over"]').waitFor();
  await page.goto(`${server.url}/live/${"x".repeat(32)}`);
  await page.locator('[data-over="link-over"]').waitFor();
  await owner.getByText("Taken back.").waitFor();
  await robin.finish();
  await context.close();
  await own.close();
});

test("who may not follow is told why, calmly; a closed ruck cannot be told from none", async () => {
  const robin = await rucker();
  await robin.send(60);
  await showLive(server, robin.who);
  const kim = await account(server, { username: "Kim" });
  const { context, page } = await signedIn(kim);
  await page.goto(`${server.url}/rucks/${robin.id}/live`);
  await page.locator('[data-over="must-follow"]').waitFor();
  await page.getByRole("link", { name: "Find people" }).click();
  await page.getByLabel("Search by name").fill("Robin");
  await page.locator(`a[href="/users/${robin.who.id}"]`).click();
  await page.getByRole("button", { name: "Follow Robin", exact: true }).click();
  await page.getByRole("link", { name: "Robin is out now" }).click();
  await until(async () => (await state(page)) === "live", "live");
  await api(server, robin.who, `/api/rucks/${robin.id}`, json("PATCH", { allow_live_following: false }));
  await page.locator('[data-over="disabled"]').waitFor();
  await page.goto(`${server.url}/rucks/9999999/live`);
  await page.locator('[data-over="not-found"]').waitFor();
  await robin.finish();
  await context.close();
});

test("frames are put together as the protocol says", async () => {
  const { NOTHING, fromPoll, positionAt, withSnapshot, withUpdate } = await load("live/frames.ts");
  const at = (...lats) => lats.map((lat) => ({ lat, lng: 1 }));
  const base = line(7, {});
  const whole = withSnapshot(NOTHING, { seq: 5, data: { ...base, since: null, continues: false, route_pieces: [at(1, 2), at(4, 5)] } });
  assert.deepEqual(whole.pieces, [[[1, 1], [2, 1]], [[4, 1], [5, 1]]]);
  const joined = withUpdate(whole, { seq: 7, previous: 5, data: { ...base, continues: true, points: at(6, 7) } });
  assert.deepEqual(joined.pieces[1], [[4, 1], [5, 1], [6, 1], [7, 1]]);
  const apart = withUpdate(joined, { seq: 9, previous: 7, data: { ...base, continues: false, points: at(9) } });
  assert.equal(apart.pieces.length, 3, "over something hidden, lines are not joined");
  const still = withUpdate(apart, { seq: 12, previous: 9, data: { ...base, continues: false, points: [] } });
  assert.equal(still.seq, 12);
  assert.deepEqual(still.pieces, apart.pieces, "nothing that may be shown");
  assert.equal(withUpdate(still, { seq: 15, previous: 13, data: { ...base, continues: true, points: at(15) } }), null);
  const resumed = withSnapshot(still, { seq: 15, data: { ...base, since: 12, continues: true, route_pieces: [at(13), at(15)] } });
  assert.deepEqual(resumed.pieces.slice(2), [[[9, 1], [13, 1]], [[15, 1]]]);
  // Made anew on the server: everything, whatever was asked for.
  const anew = withSnapshot(resumed, { seq: 3, data: { ...base, since: null, continues: false, route_pieces: [at(1)] } });
  assert.deepEqual([anew.seq, anew.pieces], [3, [[[1, 1]]]]);
  assert.deepEqual(fromPoll({ ...base, seq: 3, route_pieces: [at(1)] }).pieces, [[[1, 1]]]);

  // Others are told the minute: the position is never said to be newer than its coming, nor older
  // than the end of that minute.
  const noon = Date.parse("2026-05-01T12:00:00Z");
  const told = { ...base, last_location_update: "2026-05-01T12:00:00.000Z" };
  assert.equal(positionAt(told, noon + 20_000, 0), noon + 20_000);
  assert.equal(positionAt(told, noon + 600_000, 0), noon + 59_999);
  assert.equal(positionAt(told, noon + 300_000, 300_000), noon - 240_001, "by a clock that is 5 minutes behind");
  assert.equal(positionAt({ ...base, last_location_update: "2026-05-01T12:00:07.250Z" }, noon + 600_000, 0), noon + 7250);
  assert.equal(positionAt({ ...base, last_location_update: null }, noon, 0), null);
});
