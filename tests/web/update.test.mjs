// A new version of the app, fetched while the old one is open: it is offered until it is taken.
import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { after, before, test } from "node:test";
import { browser, server } from "./stage.mjs";
import { PHONE, account, freePort, signIn, until } from "./support.mjs";

let front;
// Before the real server stands one that has another service worker when told so.
before(async () => {
  front = { url: `http://127.0.0.1:${await freePort()}`, version: "" };
  front.server = createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers, "accept-encoding": "identity" };
    if (incoming.url === "/sw.js") delete headers["if-none-match"];
    const onward = request(server.url + incoming.url, { method: incoming.method, headers }, (answer) => {
      if (incoming.url !== "/sw.js") {
        outgoing.writeHead(answer.statusCode, answer.headers);
        answer.pipe(outgoing);
        return;
      }
      const { "content-length": _, ...rest } = answer.headers;
      outgoing.writeHead(answer.statusCode, rest);
      answer.on("data", (piece) => outgoing.write(piece));
      answer.on("end", () => outgoing.end(`\n// ${front.version}\n`));
    });
    onward.on("error", () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise((done) => front.server.listen(Number(new URL(front.url).port), "127.0.0.1", done));
});
after(async () => {
  front.server.closeAllConnections();
  front.server.close();
});

test("a version that was already waiting when the page was opened is offered, too", async () => {
  const who = await account(server);
  const context = await browser.newContext({ viewport: PHONE });
  const page = await context.newPage();
  const offer = page.getByText("A new version is ready.");
  await signIn(page, front, who);
  await until(() => page.evaluate(() => navigator.serviceWorker.controller !== null), "the worker to take over");
  assert.equal(await offer.count(), 0, "the first one is no news");

  front.version = "the next";
  await page.evaluate(async () => (await navigator.serviceWorker.ready).update());
  await offer.waitFor();
  const isWaiting = () => page.evaluate(async () => (await navigator.serviceWorker.ready).waiting !== null);
  assert.ok(await isWaiting());

  // Not taken, and the app is opened again.
  await page.reload();
  await page.getByRole("heading", { name: /Hello/ }).waitFor();
  assert.ok(await isWaiting(), "else this tests nothing");
  await offer.waitFor();
  const reloaded = page.waitForEvent("load"); // by the app, once the new version is the one in use
  await page.getByRole("button", { name: "Use it" }).click();
  await reloaded;
  await until(() => isWaiting().then((waits) => !waits, () => false), "the new version to be the one in use");
  await until(async () => (await offer.count()) === 0, "nothing more to offer");
  await page.reload();
  await page.getByRole("heading", { name: /Hello/ }).waitFor();
  await page.evaluate(() => navigator.serviceWorker.ready);
  assert.equal(await offer.count(), 0);
  await context.close();
});
