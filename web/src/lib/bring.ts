// An address may name a part of a page (?to=devices): it is brought into view, and its heading is where
// the keyboard goes on. What loads above it moves it away for a moment: then again, unless the reader
// has done something meanwhile.
import { focusHeading } from "./focus";
import { router } from "./router.svelte";

const MOVES_WITHIN_MS = 3_000;
const BY_HAND = ["wheel", "touchstart", "pointerdown", "keydown"] as const;

export function bringTo(name: string, heading: string) {
  if (router.query.get("to") !== name) return;
  const show = () => document.getElementById(heading)?.closest("section")?.scrollIntoView({ block: "start" });
  const page = new ResizeObserver(show);
  const stop = () => {
    page.disconnect();
    clearTimeout(end);
    for (const kind of BY_HAND) removeEventListener(kind, stop);
  };
  const end = setTimeout(stop, MOVES_WITHIN_MS);
  for (const kind of BY_HAND) addEventListener(kind, stop, { passive: true });
  void focusHeading(heading).then(() => page.observe(document.body));
  return stop;
}
