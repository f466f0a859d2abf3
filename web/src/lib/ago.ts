// How long ago, as people say it: minutes and hours; beyond a day its time, which stands below its day.
import { count, t } from "../i18n";
import * as units from "./units";

const HOUR_MIN = 60;
const DAY_MIN = 24 * HOUR_MIN;

export function ago(moment: string, now: number): string {
  const minutes = Math.floor((now - Date.parse(moment)) / 60_000);
  if (minutes < 1) return t("ago.now"); // also where this device's clock is behind
  if (minutes < HOUR_MIN) return count("ago.minutes", minutes);
  if (minutes < DAY_MIN) return count("ago.hours", Math.floor(minutes / HOUR_MIN));
  return units.time(moment);
}
