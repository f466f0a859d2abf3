// Pictures of the pages about others, as screenshots.mjs takes them of the rest.
import { join } from "node:path";
import { aWorld, json, outNow, ruckOf } from "./people.mjs";
import { RuckServer, account, api, launch, madeTrack, openPhone, settled, signIn, sleep, startRuck, sync, until, walk } from "./support.mjs";

const sizes = { phone: { width: 393, height: 852 }, desktop: { width: 1280, height: 800 } };

// Some of it read, the rest of today.
async function manyNews(server, { me, people }) {
  const rucks = (await api(server, me, "/api/rucks?limit=3")).map(({ id }) => id);
  for (const who of people.slice(0, 2)) await api(server, who, "/api/ruck-likes", json("POST", { ruck_id: rucks[0] }));
  await sleep(1000);
  await api(server, me, "/api/notifications/read-all", json("POST"));
  for (const who of people) await api(server, who, "/api/ruck-likes", json("POST", { ruck_id: rucks[1] }));
  await api(server, people[0], `/api/rucks/${rucks[1]}/comments`, json("POST", { content: "That ridge again!" }));
  await sleep(1000);
  const friend = await account(server, { username: "Ines" });
  await api(server, friend, `/api/users/${me.id}/follow`, json("POST"));
}
async function emptied(server, who) {
  const { notifications } = await api(server, who, "/api/notifications");
  for (const { id } of notifications) await api(server, who, `/api/notifications/${id}`, json("DELETE"));
  return notifications.length > 0;
}
async function takeNews({ page, take, server }) {
  await page.goto(`${server.url}/notifications`);
  await page.locator("[data-push-card]").waitFor();
  await take("notifications-card");
  await page.getByRole("button", { name: "Not now" }).click();
  await take("notifications");
  await page.goto(`${server.url}/settings?to=notifications`);
  await page.getByLabel("No pushes in quiet hours").check();
  await page.locator("#notifications").evaluate((heading) => heading.closest("section").scrollIntoView({ block: "start" }));
  await take("settings-notifications");
}

export async function takeSocial(folder) {
  const server = await RuckServer.start({ RUCK_PUSH_SUBJECT: "mailto:ops@example.org" });
  const browser = await launch();
  const { me, anna, jonas, tomas, sam, lea, pass } = await aWorld(server);
  for (const [i, title] of ["Morning ruck", "Ridge loop", "Lake and back"].entries()) {
    await ruckOf(server, me, { title, count: 800 + i * 300, daysAgo: 0.9 + i * 1.5, seed: 61 + i, load: 12 + i });
  }
  const out = await outNow(server, anna, { count: 1500, ahead: 60, seed: 11, lat: 47.2, lng: 11.35, load: 16 });
  await out.send(1440);
  await outNow(server, tomas, { count: 700, seed: 5, lat: 40.75, lng: -3.95 });
  const { data } = await api(server, anna, `/api/rucks/${out.id}/live/links`, json("POST", { hours: 24 }));

  await manyNews(server, { me, people: [jonas, lea, sam, anna] });
  const lone = await account(server, { username: "Noor" });

  for (const [form, viewport] of Object.entries(sizes)) {
    for (const colorScheme of ["light", "dark"]) {
      const look = { viewport, colorScheme, deviceScaleFactor: form === "phone" ? 2 : 1, reducedMotion: "reduce", locale: "en-GB", timezoneId: "UTC" };
      const context = await browser.newContext(look);
      const page = await context.newPage();
      const takeOf = async (which, name) => {
        await sleep(700);
        await which.screenshot({ path: join(folder, `${name}-${form}-${colorScheme}.png`) });
      };
      const take = (name) => takeOf(page, name);
      await signIn(page, server, me);
      await page.locator('[data-out="2"]').waitFor();
      await take("home-buddies");
      await takeNews({ page, take, server });
      for (const [name, path] of [["feed", "feed"], ["person", `users/${anna.id}`], ["people", "people"], ["ruck-of-others", `rucks/${pass}`], ["no-such-ruck", "rucks/1"]]) {
        await page.goto(`${server.url}/${path}`);
        await take(name);
      }
      await page.goto(`${server.url}/rucks/${pass}?to=comments`);
      await page.locator("[data-comment]").first().waitFor();
      await take("comments");
      await page.goto(`${server.url}/rucks/${out.id}/live`);
      await page.locator("[data-live=live]").waitFor();
      await page.locator(".leaflet-container path.here").waitFor({ state: "attached" });
      await out.send(12);
      await take("follow-live");
      await page.getByRole("button", { name: "Keep going!" }).click().catch(() => {});
      await page.getByRole("heading", { name: "Cheer" }).scrollIntoViewIfNeeded();
      await take("cheer");

      const newcomer = await browser.newContext(look);
      const noors = await newcomer.newPage();
      await signIn(noors, server, lone);
      if (form === "phone" && colorScheme === "light") await until(() => emptied(server, lone), "the first sign-in to be told");
      await noors.goto(`${server.url}/notifications`);
      await noors.locator("[data-empty]").waitFor();
      await takeOf(noors, "notifications-empty");
      await newcomer.close();

      const stranger = await browser.newContext(look);
      const theirs = await stranger.newPage();
      await theirs.goto(`${server.url}/live/${data.token}`);
      await theirs.locator(".leaflet-container path.here").waitFor({ state: "attached" });
      await takeOf(theirs, "share-link");
      await theirs.goto(`${server.url}/live/${"z".repeat(32)}`);
      await theirs.locator("[data-over]").waitFor();
      await takeOf(theirs, "share-link-over");
      await stranger.close();

      const walker = await browser.newContext(look);
      const begin = Date.now() - 3_000_000;
      const phone = await openPhone(walker, begin);
      await signIn(phone, server, me);
      await startRuck(phone, server);
      await walk(phone, madeTrack({ count: 700, start: begin + 1000 }));
      await settled(phone);
      await phone.locator("[data-sync]").click();
      await until(async () => (await sync(phone)) === "saved", "the walk to be sent");
      const active = (await api(server, me, "/api/rucks")).find((ruck) => ruck.status === "in_progress");
      await api(server, jonas, `/api/rucks/${active.id}/messages`, json("POST", { message: "You are flying up there!" })).catch(() => {});
      await api(server, lea, `/api/rucks/${active.id}/messages`, json("POST", { message: "Keep going!" })).catch(() => {});
      await api(server, sam, `/api/rucks/${active.id}/messages`, json("POST", { message: "Greetings from the dunes" })).catch(() => {});
      await sleep(500);
      await takeOf(phone, "record-cheer");
      await phone.locator("[data-watching]").getByRole("button", { name: "Share live" }).click();
      await phone.getByRole("button", { name: "Make a link" }).click();
      await phone.locator("[data-share-url]").waitFor();
      await phone.locator("[data-watching]").evaluate((section) => section.scrollIntoView({ block: "start" }));
      await takeOf(phone, "record-company");
      await phone.getByRole("button", { name: "Finish" }).click();
      await phone.getByRole("dialog").getByRole("button", { name: "Finish" }).click();
      await until(async () => (await sync(phone)) === "saved", "the ruck to arrive");
      await api(server, me, `/api/rucks/${active.id}`, json("DELETE"));
      await walker.close();
      await context.close();
    }
  }
  await browser.close();
  await server.stop();
}
