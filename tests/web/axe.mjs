// What nobody should find on any page: violations that axe knows, targets too small for a thumb, a
// page wider than its window.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { sleep } from "./support.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

async function violations(page) {
  // Run as a browser extension runs, outside the page's Content-Security-Policy.
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => `${n.html.slice(0, 160)} ${n.failureSummary ?? ""}`).join(" | ")}`);
  });
}
async function smallTargets(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll("button, a.button, nav a, summary, select, textarea, input:not(.visually-hidden)")]
      .filter((e) => e.checkVisibility() && !e.closest(".check, .visually-hidden"))
      .map((e) => ({ text: (e.textContent || e.id).trim().slice(0, 30), box: e.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && (box.height < 43.5 || box.width < 43.5))
      .map(({ text, box }) => `${text} ${Math.round(box.width)}x${Math.round(box.height)}`),
  );
}
export async function look(page, name, problems) {
  await sleep(400);
  for (const found of await violations(page)) problems.push(`${name}: ${found}`);
  for (const found of await smallTargets(page)) problems.push(`${name}: small target ${found}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) problems.push(`${name}: ${wide} px too wide`);
}
