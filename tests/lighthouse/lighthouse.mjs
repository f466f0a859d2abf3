// Lighthouse on the pages that people open first:  node lighthouse.mjs RUCK_BINARY [DOCUMENT]
//
// The mobile profile: a phone's screen, four times slower processor, slow 4G (simulated). The median
// of RUNS runs, each with an empty cache, in a browser that was started for it: in one that has shown
// pages before, the debugger's walk over their heap (100 to 150 ms) is counted as the page's. Writes the table into DOCUMENT between its marks, and fails
// below the project's limits.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";
import puppeteer from "puppeteer-core";

const [binary, document] = process.argv.slice(2);
const RUNS = Number(process.env.RUNS ?? 5);
const LIMITS = { performance: 95, accessibility: 100, "best-practices": 95, interactiveMs: 3000 };
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
const folder = mkdtempSync(join(tmpdir(), "ruck-lighthouse-"));
const url = `http://127.0.0.1:${await freePort()}`;
const server = spawn(binary, ["serve"], {
  env: { PATH: process.env.PATH, RUCK_LISTEN: url.slice(7), RUCK_DATA_DIR: folder, RUCK_RATE_LIMITS: "off" },
  stdio: "ignore",
});
for (let i = 0; i < 200 && !(await fetch(`${url}/readyz`).catch(() => null))?.ok; i++) await sleep(50);

const email = "robin@example.org";
const password = "long enough";
const { token } = await (
  await fetch(`${url}/api/auth/signup`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email, password, username: "Robin", prefer_metric: true }),
  })
).json();
// Some rucks to show.
let shown;
for (let i = 0; i < 8; i++) {
  const begin = Date.now() - (i + 1) * 86_400_000;
  const points = Array.from({ length: 900 }, (_, k) => `<trkpt lat="${47 + k * 4e-5}" lon="${8 + Math.sin(k / 40) * 2e-3}"><ele>${500 + 40 * Math.sin(k / 90)}</ele><time>${new Date(begin + k * 4000).toISOString()}</time></trkpt>`);
  const reply = await fetch(`${url}/api/gpx/import?load_kg=15`, {
    method: "POST",
    headers: { "Content-Type": "application/gpx+xml", Authorization: `Bearer ${token}` },
    body: `<gpx version="1.1" creator="t"><trk><name>Morning ruck</name><trkseg>${points.join("")}</trkseg></trk></gpx>`,
  });
  shown = (await reply.json()).ruck.id;
}

// With a profile of its own, which keeps the sign-in and the service worker from run to run.
const profile = mkdtempSync(join(tmpdir(), "ruck-lighthouse-browser-"));
async function inBrowser(work) {
  const chrome = await launch({
    chromePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    chromeFlags: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    userDataDir: profile,
  });
  const browser = await puppeteer.connect({ browserURL: `http://127.0.0.1:${chrome.port}` });
  const gone = new Promise((resolve) => chrome.process.once("exit", resolve));
  try {
    return await work(browser, chrome.port);
  } finally {
    await browser.close(); // writes its cookies
    await gone;
  }
}
async function signIn(browser) {
  const page = await browser.newPage();
  await page.goto(`${url}/sign-in`);
  await page.waitForSelector("input[type=email]");
  await page.type("input[type=email]", email);
  await page.type("input[type=password]", password);
  await page.click("form button");
  await page.waitForFunction(() => location.pathname === "/");
  await sleep(1000);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.close();
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
async function measure(name, path) {
  const runs = [];
  for (let i = 0; i < RUNS; i++) {
    const { lhr } = await inBrowser((_, port) =>
      lighthouse(url + path, {
        port,
        onlyCategories: ["performance", "accessibility", "best-practices"],
        // Keeps the sign-in; the HTTP cache is emptied all the same.
        disableStorageReset: path !== "/" || name !== "welcome",
        logLevel: "error",
      }),
    );
    runs.push(lhr);
  }
  const score = (category) => Math.round(median(runs.map((lhr) => lhr.categories[category].score)) * 100);
  const time = (audit) => Math.round(median(runs.map((lhr) => lhr.audits[audit].numericValue)));
  const row = {
    name,
    performance: score("performance"),
    accessibility: score("accessibility"),
    "best-practices": score("best-practices"),
    fcpMs: time("first-contentful-paint"),
    lcpMs: time("largest-contentful-paint"),
    interactiveMs: time("interactive"),
    blockingMs: time("total-blocking-time"),
    shift: median(runs.map((lhr) => lhr.audits["cumulative-layout-shift"].numericValue)),
    bytes: time("total-byte-weight"),
  };
  for (const category of ["performance", "accessibility", "best-practices"]) {
    if (row[category] === 100) continue;
    const bad = runs[0].categories[category].auditRefs.filter(({ id, weight }) => weight > 0 && (runs[0].audits[id].score ?? 1) < 0.9).map(({ id }) => id);
    console.log(`${name}: ${category} ${row[category]}: ${bad.join(", ")}`);
  }
  return row;
}

const rows = [await measure("welcome", "/")];
await inBrowser(signIn);
for (const [name, path] of [["home", "/"], ["record", "/record"], ["ruck", `/rucks/${shown}`]]) rows.push(await measure(name, path));
server.kill();
for (const each of [folder, profile]) rmSync(each, { recursive: true, force: true });

const s = (ms) => `${(ms / 1000).toFixed(2)} s`;
const table = [
  "| page | performance | accessibility | best practices | first paint | largest paint | interactive | blocked | shift | bytes |",
  "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
  ...rows.map((r) => `| ${r.name} | ${r.performance} | ${r.accessibility} | ${r["best-practices"]} | ${s(r.fcpMs)} | ${s(r.lcpMs)} | ${s(r.interactiveMs)} | ${r.blockingMs} ms | ${r.shift.toFixed(3)} | ${Math.round(r.bytes / 1024)} KB |`),
].join("\n");
console.log(table);
if (document) {
  const text = readFileSync(document, "utf8");
  writeFileSync(document, text.replace(/(<!-- lighthouse -->\n)[\s\S]*?(\n<!-- end -->)/, `$1${table}$2`));
}
const failed = rows.flatMap((r) =>
  ["performance", "accessibility", "best-practices"].filter((c) => r[c] < LIMITS[c]).map((c) => `${r.name}: ${c} ${r[c]}`).concat(r.interactiveMs > LIMITS.interactiveMs ? [`${r.name}: interactive after ${s(r.interactiveMs)}`] : []),
);
for (const each of failed) console.error(`below the limit: ${each}`);
process.exit(failed.length > 0 ? 1 : 0);
