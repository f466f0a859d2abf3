// Going through a page with the keyboard alone.
import assert from "node:assert/strict";
import { until } from "./support.mjs";

// What has the focus, by the name that it is known by.
export const focused = (page) =>
  page.evaluate(() => {
    const at = document.activeElement;
    const title = at?.querySelector("strong");
    return (at?.getAttribute("aria-label") || at?.labels?.[0]?.textContent || title?.textContent || at?.textContent || "").trim();
  });
export const focusIs = (page, text) => until(async () => (await focused(page)) === text, `the focus to be on ${text}`);
// Tab until the wanted thing has the focus, and is seen to have it.
export async function tabTo(page, text) {
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press("Tab");
    if ((await focused(page)) !== text) continue;
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.notEqual(outline, "none", `${text} shows its focus`);
    return;
  }
  throw new Error(`the keyboard never came to ${text}`);
}
