import { mount } from "svelte";
import { RECORDING_LOCK, allRucks } from "./lib/db";
import App from "./App.svelte";
import "./app.css";
import { language } from "./i18n";
import { applyTheme } from "./lib/theme.svelte";
import { router } from "./lib/router.svelte";
import { session } from "./lib/session.svelte";
import { notices } from "./lib/notices.svelte";
import { install } from "./lib/install.svelte";
import { followZone } from "./lib/units";
import { outbox } from "./record/outbox.svelte";

// No `await` at the top: it would make the bundler cut the app into dozens of files.
applyTheme();
document.documentElement.lang = language;
// A recording that the system ended is taken up where the app opens: at its start page nothing records.
async function toOpenRuck() {
  if (location.pathname !== "/" || !session.profile) return;
  const user = session.profile.id;
  const isOpen = (await allRucks().catch(() => [])).some((r) => r.user === user && (r.state === "recording" || r.state === "paused"));
  const held = isOpen ? await navigator.locks?.query().catch(() => null) : null;
  const isElsewhere = held?.held?.some((lock) => lock.name === RECORDING_LOCK) ?? false;
  if (isOpen && !isElsewhere) router.go("/record", { replace: true });
}

followZone(() => session.profile?.time_zone);
session.start().then(toOpenRuck).then(() => {
  mount(App, { target: document.getElementById("app")! });
  outbox.start();
  install.start();
  notices.start();
});
