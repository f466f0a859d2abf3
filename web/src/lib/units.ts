// Numbers as people read them, in kilometres and kilograms or in miles and pounds.
import { locale, t } from "../i18n";

export const METRES_PER_MILE = 1609.344;
const METRES_PER_FOOT = 0.3048;
const KG_PER_POUND = 0.45359237;
// Slower than this is standing about, not a pace.
const SLOWEST_S_PER_KM = 3 * 3600;

export interface Shown {
  value: string;
  unit: string;
}

const numberFormats = new Map<number, Intl.NumberFormat>();
function fixed(value: number, digits: number): string {
  let format = numberFormats.get(digits);
  if (!format) {
    format = new Intl.NumberFormat("en", {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    numberFormats.set(digits, format);
  }
  return format.format(value);
}

export function distance(metres: number, metric: boolean): Shown {
  const value = metric ? metres / 1000 : metres / METRES_PER_MILE;
  return { value: fixed(value, value < 100 ? 2 : 1), unit: metric ? "km" : "mi" };
}

// As others are told it: tenths.
export function roughDistance(metres: number, metric: boolean): Shown {
  return { value: fixed(metric ? metres / 1000 : metres / METRES_PER_MILE, 1), unit: metric ? "km" : "mi" };
}

export function height(metres: number, metric: boolean): Shown {
  return {
    value: fixed(metric ? metres : metres / METRES_PER_FOOT, 0),
    unit: metric ? "m" : "ft",
  };
}

export function weight(kg: number, metric: boolean): Shown {
  const value = metric ? kg : kg / KG_PER_POUND;
  return { value: fixed(value, Number.isInteger(round(value, 1)) ? 0 : 1), unit: metric ? "kg" : "lb" };
}

export const toKg = (value: number, metric: boolean) => (metric ? value : value * KG_PER_POUND);
export const fromKg = (kg: number, metric: boolean) => (metric ? kg : kg / KG_PER_POUND);

export function pace(secondsPerKm: number | null | undefined, metric: boolean): Shown {
  const unit = metric ? "/km" : "/mi";
  if (!secondsPerKm || !Number.isFinite(secondsPerKm) || secondsPerKm > SLOWEST_S_PER_KM) {
    return { value: "–", unit };
  }
  const seconds = Math.round(metric ? secondsPerKm : (secondsPerKm * METRES_PER_MILE) / 1000);
  return { value: `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`, unit };
}

// 1:02:03, or 2:03 below an hour.
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const h = Math.floor(whole / 3600);
  const m = Math.floor((whole % 3600) / 60);
  const s = String(whole % 60).padStart(2, "0");
  return h > 0 ? `${h}:${String(m).padStart(2, "0")}:${s}` : `${m}:${s}`;
}

// For sentences and screen readers: "1 h 2 min".
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return t("span.seconds", { s: whole });
  const h = Math.floor(whole / 3600);
  const m = Math.round((whole % 3600) / 60);
  if (h === 0) return t("span.minutes", { m });
  return m === 0 ? t("span.hours", { h }) : t("span.both", { h, m });
}

export const whole = (value: number) => fixed(value, 0);
export const text = (shown: Shown) => `${shown.value} ${shown.unit}`;

export function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}

const dayFormat = new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric", month: "short" });
const shortDayFormat = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
const fullDayFormat = new Intl.DateTimeFormat(locale, {
  weekday: "long",
  day: "numeric",
  month: "long",
  year: "numeric",
});
const timeFormat = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hour12: false });
const yearFormat = new Intl.DateTimeFormat(locale, { year: "numeric" });
const daysFormat = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });
const monthFormat = new Intl.DateTimeFormat(locale, { month: "long", year: "numeric" });

type Moment = string | number | Date;
const asDate = (moment: Moment) => (moment instanceof Date ? moment : new Date(moment));

export function day(moment: Moment): string {
  const date = asDate(moment);
  const days = Math.round((startOfDay(new Date()) - startOfDay(date)) / 86_400_000);
  if (days === 0) return t("day.today");
  if (days === 1) return t("day.yesterday");
  return dayFormat.format(date);
}
export const shortDay = (moment: Moment) => shortDayFormat.format(asDate(moment));
export const fullDay = (moment: Moment) => fullDayFormat.format(asDate(moment));
export const time = (moment: Moment) => timeFormat.format(asDate(moment));
export const month = (moment: Moment) => monthFormat.format(asDate(moment));
export const year = (moment: Moment) => yearFormat.format(asDate(moment));
export const days = (first: Moment, last: Moment) => daysFormat.formatRange(asDate(first), asDate(last));

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
// 2026-03-01, in the reader's own time zone.
export function isoDay(date: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
