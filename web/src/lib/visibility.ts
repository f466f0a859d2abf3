// Who may see a ruck.
import type { Profile, RuckView } from "$generated/api";
import { t, type Key } from "../i18n";

export type Visibility = RuckView["visibility"];

export const visibilities: { name: Visibility; label: Key; text: Key }[] = [
  { name: "public", label: "visible.public", text: "visible.public.text" },
  { name: "followers", label: "visible.followers", text: "visible.followers.text" },
  { name: "private", label: "visible.private", text: "visible.private.text" },
];

// What a new ruck is, where its owner says nothing. A profile that was kept by an older version does
// not know the newer setting.
export const defaultOf = (profile: Profile | null): Visibility =>
  profile?.default_visibility ?? (profile?.allow_ruck_sharing === false ? "private" : "public");

// In a sentence. Where the profile is hidden, everybody is the followers.
export function explain(visibility: Visibility, isProfilePrivate: boolean): string {
  if (visibility === "public" && isProfilePrivate) return t("visible.public.hidden");
  return t(visibilities.find((each) => each.name === visibility)!.text);
}
