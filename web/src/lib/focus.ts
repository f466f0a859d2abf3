// The keyboard's place, after what it was on has gone from the page: the heading of that part.
import { tick } from "svelte";

export async function focusHeading(id: string) {
  await tick();
  const heading = document.getElementById(id);
  heading?.setAttribute("tabindex", "-1");
  heading?.focus();
}
