// What most files of tests stand on: a server with an empty database, and a browser. No script of any
// page may fail there, and no page may do what its Content-Security-Policy forbids.
import assert from "node:assert/strict";
import { after } from "node:test";
import { RuckServer, launch } from "./support.mjs";

export async function stage(settings = {}) {
  const server = await RuckServer.start(settings);
  const browser = await launch().catch(async (problem) => {
    await server.stop();
    throw problem;
  });
  const faults = [];
  const open = browser.newContext.bind(browser);
  browser.newContext = async (...options) => {
    const context = await open(...options);
    // Playwright's way of blocking them answers with nothing; a browser that has none says so.
    if (options[0]?.serviceWorkers === "block") {
      await context.addInitScript(() => {
        if (navigator.serviceWorker) Object.defineProperty(navigator.serviceWorker, "register", { value: () => Promise.reject(new Error("blocked")) });
      });
    }
    context.on("weberror", (error) => faults.push(`${error.error()} ${error.error().stack}`));
    context.on("console", (message) => {
      if (/Content Security Policy/i.test(message.text())) faults.push(message.text());
    });
    return context;
  };
  after(async () => {
    await browser.close();
    await server.stop();
    assert.deepEqual(faults, []);
  });
  return { server, browser };
}
