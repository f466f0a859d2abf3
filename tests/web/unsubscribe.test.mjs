// The link at the end of a mail, opened by its reader, by a program that looks at mails, and by none of
// the two.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { look } from "./axe.mjs";
import { follow, json } from "./people.mjs";
import { browser, server } from "./stage.mjs";
import { DESKTOP, PHONE, account, api, until } from "./support.mjs";

const PREFERENCES = "/api/notifications/preferences";
const wantsMail = async (who) => (await api(server, who, PREFERENCES)).types.follow.email;
const isFine = async (page) => {
  const problems = [];
  await look(page, page.url(), problems);
  assert.deepEqual(problems, []);
};
// Somebody who has got a mail about a follower, and the link in it, of this server.
async function reader(more) {
  const who = await account(server, { username: "Reader", ...more });
  await api(server, who, PREFERENCES, json("PUT", { types: { follow: { email: true } } }));
  await follow(server, await account(server, { username: "Fan" }), who);
  const token = await until(() => {
    const folder = join(server.folder, "outbox");
    let names = [];
    try {
      names = readdirSync(folder).filter((name) => name.endsWith(".eml"));
    } catch {
      return null; // no mail yet
    }
    const mail = names.map((name) => readFileSync(join(folder, name), "utf8")).find((text) => text.includes(`To: ${who.email}\r\n`));
    return mail && /^List-Unsubscribe: <\S+\/api\/notifications\/unsubscribe\?token=([\w.-]+)>\r$/m.exec(mail)?.[1];
  }, "the mail");
  return { who, token, link: `${server.url}/api/notifications/unsubscribe?token=${token}` };
}

test("who opens the link signed out is asked first, and gets no more of these mails", async () => {
  const { who, link } = await reader();
  const context = await browser.newContext({ viewport: PHONE });
  const page = await context.newPage();
  await page.goto(link);
  await page.getByRole("heading", { name: "Fewer e-mails" }).waitFor();
  await page.getByText("Do you want no more e-mails about followers?").waitFor();
  assert.equal(new URL(page.url()).pathname, "/unsubscribe");
  await isFine(page);
  assert.equal(await wantsMail(who), true, "to look is not to click");
  await page.getByRole("button", { name: "Unsubscribe" }).press("Enter");
  await page.getByText("Done. You get no more e-mails about followers.").waitFor();
  await isFine(page);
  assert.equal(await wantsMail(who), false);
  await context.close();
});

test("a mail program ends them with one click, and again is the same", async () => {
  const { who, link } = await reader();
  const click = (body) => fetch(link, { method: "POST", body });
  assert.equal((await click(new URLSearchParams())).status, 400);
  assert.equal(await wantsMail(who), true);
  assert.equal((await click(new URLSearchParams({ "List-Unsubscribe": "One-Click" }))).status, 200);
  assert.equal(await wantsMail(who), false);
  const form = new FormData();
  form.set("List-Unsubscribe", "One-Click");
  assert.equal((await click(form)).status, 200);
});

test("a link that is cut off, or that nobody made, says so", async () => {
  const { token } = await reader();
  const context = await browser.newContext({ viewport: DESKTOP, colorScheme: "dark" });
  const page = await context.newPage();
  await page.goto(`${server.url}/unsubscribe?token=${token.replace("follow", "system")}`);
  await page.getByText("about your account").waitFor();
  await page.getByRole("button", { name: "Unsubscribe" }).click();
  await page.getByText("This link is not valid").waitFor();
  await isFine(page);
  for (const cut of ["/unsubscribe", "/api/notifications/unsubscribe", "/api/notifications/unsubscribe?token="]) {
    await page.goto(server.url + cut);
    await page.getByText("This page needs the link from the e-mail.").waitFor();
  }
  const strange = await fetch(`${server.url}/api/notifications/unsubscribe?token=${encodeURIComponent("x\r\nSet-Cookie: a=b//")}`, { redirect: "manual" });
  assert.equal(strange.status, 303);
  assert.equal(strange.headers.get("location"), "/unsubscribe?token=");
  assert.equal(strange.headers.get("set-cookie"), null);
  await context.close();
});
