// Who may follow one's rucks live.
import type { Profile } from "$generated/api";
import type { Key } from "../i18n";
import type { Visibility } from "./visibility";

export type Audience = Profile["live_audience"];

export const audiences: { name: Audience; label: Key; text: Key }[] = [
  { name: "mutual", label: "audience.mutual", text: "audience.mutual.text" },
  { name: "followers", label: "audience.followers", text: "audience.followers.text" },
  { name: "link", label: "audience.link", text: "audience.link.text" },
  { name: "nobody", label: "audience.nobody", text: "audience.nobody.text" },
];

// A profile that was kept by an older version does not know the setting; then it is what the server
// gives everybody.
export const audienceOf = (profile: Profile | null): Audience => profile?.live_audience ?? "mutual";

// Of a ruck under way, in a sentence. A private ruck is shown to nobody, whatever the setting.
export const whoSees = (audience: Audience, visibility: Visibility | undefined): Key =>
  visibility === "private" ? "audience.now.nobody" : `audience.now.${audience}`;
