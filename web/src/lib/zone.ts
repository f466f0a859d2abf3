// Time zones. The account has one, in which the server counts days; the device has its own.
const HALF_YEAR_MS = 182 * 86_400_000;

export const deviceZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

// All that the browser knows, or nothing where it cannot say.
export function knownZones(): string[] {
  const all = typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : [];
  return all.length === 0 || all.includes("UTC") ? all : ["UTC", ...all];
}

// What a clock in the zone shows at a moment; nothing where the zone is unknown here.
function wallClock(timeZone: string, moment: number): string | null {
  try {
    return new Intl.DateTimeFormat("en", { timeZone, dateStyle: "short", timeStyle: "short", hourCycle: "h23" }).format(moment);
  } catch {
    return null;
  }
}

// Berlin and Vienna, Calcutta and Kolkata: two names and one clock, in winter and in summer. Nobody
// needs to choose between them.
export function isSameClock(one: string, other: string, now = Date.now()): boolean {
  if (one === other) return true;
  return [now, now + HALF_YEAR_MS].every((moment) => {
    const shown = wallClock(one, moment);
    return shown !== null && shown === wallClock(other, moment);
  });
}

// "Europe/Berlin" as people say it.
export const zoneName = (zone: string) => zone.replaceAll("_", " ");
