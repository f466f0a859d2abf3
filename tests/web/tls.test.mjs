// https by the program itself: what a phone in a home network needs for GPS and offline use.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { connect as plainConnect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect } from "node:tls";
import { PHONE, freePort, launch, sleep, until } from "./support.mjs";

let folder, port, server;
const file = (name) => join(folder, name);
function certificate(name, days = 10) {
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", String(days), "-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", file(`${name}.key`), "-out", file(`${name}.crt`)], { stdio: "ignore" });
}
function use(name) {
  copyFileSync(file(`${name}.crt`), file("live.crt"));
  copyFileSync(file(`${name}.key`), file("live.key"));
}
// Without shedding: on a machine that does much else a core is late, and reads would be refused.
const settings = () => ({ PATH: process.env.PATH, RUCK_TEST_SABOTAGE: "no-shedding", RUCK_LISTEN: `127.0.0.1:${port}`, RUCK_DATA_DIR: folder, RUCK_RATE_LIMITS: "off", RUCK_THREADS: "1", RUCK_TLS_CERT: file("live.crt"), RUCK_TLS_KEY: file("live.key") });
// One request; who answered, and how.
function ask(path, options = {}) {
  return new Promise((resolve, reject) => {
    const call = request({ host: "127.0.0.1", port, path, rejectUnauthorized: false, agent: false, ...options }, (reply) => {
      const chunks = [];
      const { subject } = reply.socket.getPeerCertificate();
      const alpn = reply.socket.alpnProtocol;
      reply.on("data", (chunk) => chunks.push(chunk));
      reply.on("end", () => resolve({ status: reply.statusCode, headers: reply.headers, who: subject?.CN, alpn, body: Buffer.concat(chunks).toString() }));
    });
    call.on("error", reject);
    call.end(options.body);
  });
}
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "ruck-tls-"));
  port = await freePort();
  certificate("first");
  certificate("second");
  use("first");
  server = spawn(process.env.RUCK_BINARY, ["serve"], { env: settings(), stdio: ["ignore", "pipe", "pipe"] });
  server.log = "";
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (data) => (server.log += data));
  await until(() => ask("/readyz").then(({ status }) => status === 200, () => false), "the server");
});
after(async () => {
  const gone = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGTERM");
  await gone;
  rmSync(folder, { recursive: true });
});

test("the certificate holds, and the cookie is for secure pages alone", async () => {
  const reply = await ask("/readyz", { rejectUnauthorized: true, ca: readFileSync(file("first.crt")), ALPNProtocols: ["h2", "http/1.1"] });
  assert.equal(reply.status, 200);
  assert.equal(reply.alpn, "http/1.1");
  const body = JSON.stringify({ email: "s@example.org", password: "long enough", username: "s", refresh_in: "cookie" });
  const made = await ask("/api/auth/signup", { method: "POST", body, headers: { "Content-Type": "application/json", "Content-Length": body.length } });
  assert.equal(made.status, 201, made.body);
  assert.match(made.headers["set-cookie"][0], /; Secure/);
});

test("large bodies go both ways, and connections are kept", async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const login = JSON.stringify({ email: "s@example.org", password: "long enough" });
  const signedIn = await ask("/api/auth/login", { method: "POST", body: login, headers: { "Content-Type": "application/json", "Content-Length": login.length } });
  const Authorization = `Bearer ${JSON.parse(signedIn.body).token}`;
  for (let i = 0; i < 3; i++) {
    const document = await ask("/api/openapi.json", { agent });
    assert.equal(document.status, 200, document.body);
    assert.ok(document.body.length > 40_000);
    const body = JSON.stringify({ username: "x".repeat(300_000) });
    const refused = await ask("/api/users/profile", { agent, method: "PUT", body, headers: { Authorization, "Content-Type": "application/json", "Content-Length": body.length } });
    assert.equal(refused.status, 400);
  }
  agent.destroy();
});

// How a handshake of these settings ends.
function shake(options) {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options }, () => {
      resolve({ cipher: socket.getCipher().name, protocol: socket.getProtocol() });
      socket.destroy();
    });
    socket.on("error", ({ code }) => resolve({ code }));
  });
}

test("of TLS 1.2 only authenticated encryption is spoken, and nothing older", async () => {
  const old = (ciphers) => shake({ maxVersion: "TLSv1.2", ciphers });
  for (const cipher of ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"]) {
    assert.deepEqual(await old(cipher), { cipher, protocol: "TLSv1.2" });
  }
  for (const cipher of ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES128-SHA256"]) {
    assert.ok((await old(cipher)).code, `${cipher} is CBC`);
  }
  assert.equal((await shake({})).protocol, "TLSv1.3");
  assert.ok((await shake({ minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" })).code);
});

test("browsers are told to come back over https alone", async () => {
  assert.equal((await ask("/readyz")).headers["strict-transport-security"], "max-age=31536000");
  assert.equal((await ask("/api/nothing")).headers["strict-transport-security"], "max-age=31536000");
});

test("a handshake that does not go on is cut off", async () => {
  const held = [Buffer.alloc(0), Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])].map((bytes) => new Promise((resolve) => {
    const socket = plainConnect({ host: "127.0.0.1", port }, () => socket.write(bytes));
    const patience = setTimeout(() => resolve("open"), 40_000);
    socket.on("close", () => resolve("closed", clearTimeout(patience)));
    socket.on("error", () => {});
  }));
  assert.deepEqual(await Promise.all(held), ["closed", "closed"]);
});

// What a page of this server hears on the socket, line by line, and how it ends.
function socket(page, say) {
  return page.evaluate((messages) => new Promise((resolve) => {
    const heard = [];
    const live = new WebSocket(`wss://${location.host}/api/live`);
    live.onopen = () => messages.forEach((message) => live.send(JSON.stringify(message)));
    live.onmessage = ({ data }) => heard.push(JSON.parse(data)) === messages.length && live.close(1000);
    live.onclose = ({ code, wasClean }) => resolve({ heard, code, wasClean });
  }), say);
}

// Closed also where the test fails: node waits for what it has started.
async function launchFor(t) {
  const browser = await launch();
  t.after(() => browser.close());
  return browser;
}

test("a WebSocket speaks over the same port", async (t) => {
  const browser = await launchFor(t);
  const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
  await page.goto(`https://127.0.0.1:${port}/about`);
  const pings = Array.from({ length: 300 }, () => ({ type: "ping" }));  // more than one record of answers
  const { heard, code, wasClean } = await socket(page, pings.slice(0, 100));
  assert.deepEqual([heard.length, heard.every(({ type }) => type === "pong"), code, wasClean], [100, true, 1000, true]);
  const flood = await socket(page, pings);
  assert.deepEqual([flood.code, flood.wasClean], [4429, true], "the server's closing frame arrives");
  const bad = await socket(page, [{ type: "auth", token: "none" }, { type: "ping" }, { type: "ping" }]);
  assert.deepEqual([bad.code, bad.wasClean], [4401, true]);
});

test("a new certificate is taken on SIGHUP; a bad one is not", async () => {
  use("second");
  server.kill("SIGHUP");
  await until(async () => (await ask("/livez")).who === "second", "the second certificate");
  writeFileSync(file("live.crt"), "not a certificate");
  server.kill("SIGHUP");
  await until(() => server.log.includes("tls.not_reloaded"), "the log to say so");
  assert.equal((await ask("/livez")).who, "second", "the one before stays");
  copyFileSync(file("first.crt"), file("live.crt"));
  server.kill("SIGHUP");
  await until(() => /live\.key: .*mismatch/.test(server.log), "the log to name the key that does not fit");
  use("first");
  server.kill("SIGHUP");
  await until(async () => (await ask("/livez")).who === "first", "the first certificate");
});

test("plain http and nonsense on the port end that connection and nothing else", async () => {
  await assert.rejects(fetch(`http://127.0.0.1:${port}/livez`));
  assert.equal((await ask("/livez")).status, 200);
});

test("a start with wrong files says which, and what", () => {
  const start = (more) => spawnSync(process.env.RUCK_BINARY, ["serve"], { env: { ...settings(), RUCK_LISTEN: "127.0.0.1:0", RUCK_DATA_DIR: file("other"), ...more }, encoding: "utf8", timeout: 20_000 });
  const missing = start({ RUCK_TLS_CERT: file("none.crt") });
  assert.equal(missing.status, 1);
  assert.match(missing.stderr, /none\.crt: No such file/);
  const half = start({ RUCK_TLS_KEY: "" });
  assert.equal(half.status, 1);
  assert.match(half.stderr, /belong together/);
});

test("a browser signs up, and is asked again after a reload", async (t) => {
  const browser = await launchFor(t);
  const context = await browser.newContext({ viewport: PHONE, ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await page.goto(`https://127.0.0.1:${port}/sign-up`);
  await page.getByLabel("Name").fill("Kim");
  await page.getByLabel("E-mail").fill("kim@example.org");
  await page.getByLabel("Password").fill("long enough");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Hello, Kim" }).waitFor();
  await page.reload();
  await page.getByText("No rucks yet").waitFor();
  await sleep(300);
  assert.equal(await page.getByText("Your sign-in has ended").count(), 0);
  const [cookie] = await context.cookies();
  assert.ok(cookie.secure && cookie.httpOnly && cookie.sameSite === "Strict");
});
