// What is recorded is looked up, changed and deleted with the keyboard alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { focusIs, focused, tabTo } from "./keys.mjs";
import { json, ruckOf } from "./people.mjs";
import { browser, server } from "./stage.mjs";
import { PHONE, account, api, signIn, until } from "./support.mjs";

test("keyboard only: a filter of the history, then a ruck changed and deleted", async () => {
  const who = await account(server);
  const ruck = await ruckOf(server, who, { title: "Heavy hill", count: 300, load: 22 });
  await api(server, who, "/api/rucks", json("POST", { is_manual: true, status: "completed", title: "Light lunch", start_time: new Date(Date.now() - 86_400_000).toISOString(), distance_km: 3, duration_seconds: 2000, ruck_weight_kg: 5 }));
  const context = await browser.newContext({ viewport: PHONE });
  const page = await context.newPage();
  await signIn(page, server, who);
  await tabTo(page, "Rucks");
  await page.keyboard.press("Enter");
  await focusIs(page, "Rucks"); // the new page's heading
  await page.getByText("Light lunch").waitFor();

  await tabTo(page, "Load");
  await page.keyboard.press("ArrowDown");
  await until(async () => (await page.getByText("Light lunch").count()) === 0, "the light one to go");
  assert.equal(await focused(page), "Load", "the focus stays where the choice is made");
  await tabTo(page, "Clear filters");
  await tabTo(page, "Heavy hill");
  await page.keyboard.press("Enter");
  await focusIs(page, "Heavy hill");

  await tabTo(page, "Edit");
  await page.keyboard.press("Enter");
  await until(() => page.evaluate(() => document.activeElement?.closest("dialog[open]") !== null), "the focus to be in the dialog");
  if ((await focused(page)) !== "Name of the ruck") await tabTo(page, "Name of the ruck");
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type("Heavier hill");
  await tabTo(page, "Notes");
  await page.keyboard.type("Wet.");
  await tabTo(page, "Save");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Heavier hill" }).waitFor();
  assert.deepEqual(await api(server, who, `/api/rucks/${ruck}`).then((now) => [now.title, now.notes]), ["Heavier hill", "Wet."]);
  await focusIs(page, "Edit"); // whence the dialog came

  await tabTo(page, "Delete");
  await page.keyboard.press("Enter");
  await until(() => page.evaluate(() => document.activeElement?.closest("dialog[open]") !== null), "the focus to be in the question");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" }); // its own button has the same name
  await focusIs(page, "Delete");
  assert.equal((await api(server, who, "/api/rucks")).length, 2, "Escape deletes nothing");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  if ((await focused(page)) !== "Delete") await tabTo(page, "Delete");
  await page.keyboard.press("Enter");
  await focusIs(page, "Rucks"); // the list as it was left, with its filter
  await page.getByText("No ruck is like that.").waitFor();
  await tabTo(page, "Clear filters");
  await page.keyboard.press("Enter");
  await page.getByText("Light lunch").waitFor();
  assert.deepEqual((await api(server, who, "/api/rucks")).map((each) => each.title), ["Light lunch"]);
  await context.close();
});
