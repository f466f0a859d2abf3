// Pictures of the pages with photos, as screenshots.mjs takes them of the rest.
import { join } from "node:path";
import { json, follow, ruckOf } from "./people.mjs";
import { addPhoto, asFile, brokenJpeg, landscape } from "./photo_files.mjs";
import { RuckServer, account, api, finishRuck, launch, madeTrack, openPhone, settled, signIn, sleep, startRuck, until, walk } from "./support.mjs";

const sizes = { phone: { width: 393, height: 852 }, desktop: { width: 1280, height: 800 } };

export async function takePhotos(folder) {
  const server = await RuckServer.start();
  const browser = await launch();
  const files = [];
  for (let seed = 1; seed <= 7; seed++) files.push(await landscape(browser, { seed, ...(seed === 2 ? { width: 1200, height: 1600 } : {}) }));
  const me = await account(server, { username: "Robin" });
  const anna = await account(server, { username: "Anna Berger" });
  await follow(server, me, anna);
  const words = ["Fog in the valley before sunrise", "", "The last hut below the ridge", "", "Two lakes from the saddle"];
  const rucks = [];
  for (const [who, title, count] of [[me, "Ridge loop", 5], [anna, "Over the pass", 4]]) {
    const ruck = await ruckOf(server, who, { title, count: 900, daysAgo: 1.2 });
    await api(server, who, `/api/rucks/${ruck}/details`, json("PATCH", { visibility: "public" }));
    for (let i = 0; i < count; i++) await addPhoto(server, who, ruck, files[(i + rucks.length * 3) % 7], { name: `${i}.jpg`, alt: words[i] });
    rucks.push(ruck);
  }

  for (const [form, viewport] of Object.entries(sizes)) {
    for (const colorScheme of ["light", "dark"]) {
      const context = await browser.newContext({ viewport, colorScheme, deviceScaleFactor: form === "phone" ? 2 : 1, hasTouch: form === "phone", isMobile: form === "phone", serviceWorkers: "block", reducedMotion: "reduce", locale: "en-GB", timezoneId: "UTC" });
      const begin = Date.now() - 1_800_000;
      const page = await openPhone(context, begin);
      const take = async (name) => {
        await sleep(900);
        await page.screenshot({ path: join(folder, `${name}-${form}-${colorScheme}.png`) });
      };
      const toPhotos = () => page.locator("section[data-photos]").evaluate((section) => section.scrollIntoView({ block: "center" }));
      await signIn(page, server, me);
      await page.goto(`${server.url}/rucks/${rucks[0]}`);
      await page.locator('section[data-photos="5"]').waitFor();
      await page.locator(".leaflet-container path").first().waitFor({ state: "attached" });
      await toPhotos();
      await take("photos-ruck");
      await page.locator("[data-photo]").first().click();
      await page.locator("[data-viewer]").waitFor();
      await take("photos-viewer");
      await page.getByRole("button", { name: "Next photo" }).click();
      await page.getByRole("button", { name: "Description" }).click();
      await take("photos-describe");
      await page.keyboard.press("Escape");
      const place = page.getByRole("button", { name: "Where it was taken" });
      if ((await place.count()) > 0) {
        await place.click();
        await take("photos-place");
      }
      await page.keyboard.press("Escape");
      await page.goto(`${server.url}/feed`);
      await page.locator("[data-thumbs]").first().waitFor();
      await page.locator("[data-thumbs]").first().evaluate((strip) => strip.scrollIntoView({ block: "center" }));
      await take("photos-feed");
      await page.goto(`${server.url}/rucks/${rucks[1]}`);
      await page.locator('section[data-photos="4"]').waitFor();
      await toPhotos();
      await take("photos-of-others");

      await startRuck(page, server);
      await walk(page, madeTrack({ count: 400, start: begin + 1000 }));
      await settled(page);
      await page.locator("[data-add-photos]").setInputFiles([asFile(files[5], "ridge.jpg")]);
      await page.locator('section[data-photos="1"]').waitFor();
      await page.route(/\/api\/ruck-photos$/, (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
      await page.locator("[data-add-photos]").setInputFiles([asFile(files[3], "hut.jpg"), asFile(files[4], "lakes.jpg"), asFile(Buffer.from("x"), "notes.txt")]);
      await page.locator('section[data-waiting-photos="2"]').waitFor();
      await toPhotos();
      await take("photos-pending");
      await finishRuck(page);
      await toPhotos();
      await take("photos-finished");
      await page.goto(server.url);
      await page.locator("[data-local-photos]").waitFor();
      await page.locator("[data-local-photos]").evaluate((section) => section.scrollIntoView({ block: "center" }));
      await take("photos-home");
      await page.unroute(/\/api\/ruck-photos$/);
      await page.locator("[data-sync]").click();
      await page.locator("[data-local-photos]").waitFor({ state: "detached" });
      const [last] = await api(server, me, "/api/rucks?limit=1");
      await page.goto(`${server.url}/rucks/${last.id}`);
      await page.locator("[data-add-photos]").setInputFiles([asFile(brokenJpeg(), "broken.jpg")]);
      await page.locator("[data-refused]").waitFor();
      await toPhotos();
      await take("photos-refused");
      await page.getByRole("button", { name: "Remove broken.jpg" }).click();
      await api(server, me, `/api/rucks/${last.id}`, json("DELETE"));

      await page.goto(`${server.url}/settings`);
      await page.locator("[data-avatar-form] input").setInputFiles([asFile(files[0])]);
      await page.locator("[data-crop]").waitFor();
      await take("avatar-crop");
      await page.getByRole("button", { name: "Use this" }).click();
      await page.getByText("Your picture is changed.").waitFor();
      await page.locator("[data-avatar-form]").evaluate((section) => section.scrollIntoView({ block: "center" }));
      await take("avatar-settings");
      await page.goto(`${server.url}/profile`);
      await take("avatar-profile");
      await until(async () => (await page.locator("main img").count()) > 0, "the picture");
      await context.close();
    }
  }
  await browser.close();
  await server.stop();
}
