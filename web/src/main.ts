import { mount } from "svelte";
import App from "./App.svelte";
import "./app.css";
import { applyTheme } from "./lib/theme.svelte";
import { session } from "./lib/session.svelte";
import { install } from "./lib/install.svelte";
import { followZone } from "./lib/units";
import { outbox } from "./record/outbox.svelte";

// No `await` at the top: it would make the bundler cut the app into dozens of files.
applyTheme();
followZone(() => session.profile?.time_zone);
session.start().then(() => {
  mount(App, { target: document.getElementById("app")! });
  outbox.start();
  install.start();
});
