// Numbers as people read them, in kilometres and kilograms or in miles and pounds.
import { locale, t } from "../i18n";

export const METRES_PER_MILE = 1609.344;
export const METRES_PER_FOOT = 0.3048;
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

// A body's height. Whole inches: 175 cm are 5 ft 9 in.
export const CM_PER_INCH = 2.54;
export function feetAndInches(cm: number): { feet: number; inches: number } {
  const inches = Math.round(cm / CM_PER_INCH);
  return { feet: Math.floor(inches / 12), inches: inches % 12 };
}
export const toCm = (feet: number, inches: number) => round((feet * 12 + inches) * CM_PER_INCH, 1);

// Load carried over a way, as training load is counted: kg·km, or lb·mi.
export const fromKgKm = (kgKm: number, metric: boolean) => (metric ? kgKm : fromKg(kgKm, false) * (1000 / METRES_PER_MILE));

// Round figures to look for rucks by. What reads as the figure is as much as the figure: a ruck of
// "10 lb" may be stored as a little less. So each looks from half of the last digit shown below.
export interface Step {
  least: number; // in km or kg, as the server is asked
  text: string;
}
const DISTANCES = { metric: [5, 10, 20], imperial: [3, 6, 12] }; // km, mi
const LOADS = { metric: [10, 20, 30], imperial: [20, 35, 45, 65] }; // kg, lb: as plates are sold
export const distanceSteps = (metric: boolean): Step[] =>
  DISTANCES[metric ? "metric" : "imperial"].map((value) => ({
    least: round(((value - 0.005) * (metric ? 1000 : METRES_PER_MILE)) / 1000, 6),
    text: `${value} ${metric ? "km" : "mi"}`,
  }));
export const loadSteps = (metric: boolean): Step[] =>
  LOADS[metric ? "metric" : "imperial"].map((value) => ({
    least: round(toKg(value - 0.05, metric), 6),
    text: `${value} ${metric ? "kg" : "lb"}`,
  }));

export function pace(secondsPerKm: number | null | undefined, metric: boolean): Shown {
  const unit = metric ? "/km" : "/mi";
  if (!secondsPerKm || !Number.isFinite(secondsPerKm) || secondsPerKm > SLOWEST_S_PER_KM) {
    return { value: "–", unit };
  }
  return { value: minutes(metric ? secondsPerKm : (secondsPerKm * METRES_PER_MILE) / 1000), unit };
}
// 11:28, of seconds.
export function minutes(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// 1:02:03, or 2:03 below an hour.
// As a watch that runs; whoever shows what has ended rounds first, as the server does.
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const h = Math.floor(whole / 3600);
  const m = Math.floor((whole % 3600) / 60);
  const s = String(whole % 60).padStart(2, "0");
  return h > 0 ? `${h}:${String(m).padStart(2, "0")}:${s}` : `${m}:${s}`;
}

// For sentences and screen readers: "1 h 2 min". Whole minutes before hours: none ever reads 60.
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return t("span.seconds", { s: whole });
  const minutes = Math.round(whole / 60);
  const h = Math.floor(minutes / 60);
  const m = minutes % 60;
  if (h === 0) return t("span.minutes", { m });
  return m === 0 ? t("span.hours", { h }) : t("span.both", { h, m });
}

export const whole = (value: number) => fixed(value, 0);
// At most three characters up to 100,000: "240", "2K", "17K".
export const brief = (value: number) => (Math.round(value) < 1000 ? whole(value) : `${whole(value / 1000)}K`);
export const text = (shown: Shown) => `${shown.value} ${shown.unit}`;

export function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}

// ---- days and times -------------------------------------------------------------------------------
// A text is a moment that the server tells: it is shown in the account's time zone, in which the server
// counts days, weeks and months. A number or a Date is a moment of this device, shown as its own clock
// shows it. "2026-03-01" is a day of the calendar, the same in every zone.
type Moment = string | number | Date;

let accountZone: () => string | undefined = () => undefined;
// Asked at each use, so that what is shown follows when the account's zone is changed.
export const followZone = (zone: () => string | undefined) => void (accountZone = zone);

// Catalogue and clock are two things: a German reads English text with a clock of 24 hours.
const hourCycle = new Intl.DateTimeFormat(typeof navigator === "undefined" ? "en" : navigator.language, {
  hour: "numeric",
}).resolvedOptions().hourCycle;
const KINDS = {
  day: { weekday: "short", day: "numeric", month: "short" },
  dayAndYear: { day: "numeric", month: "short", year: "numeric" },
  shortDay: { day: "numeric", month: "short" },
  fullDay: { weekday: "long", day: "numeric", month: "long", year: "numeric" },
  time: { timeStyle: "short", hourCycle },
  month: { month: "long", year: "numeric" },
  year: { year: "numeric" },
  iso: { year: "numeric", month: "2-digit", day: "2-digit" },
} satisfies Record<string, Intl.DateTimeFormatOptions>;
type Kind = keyof typeof KINDS;

const formats = new Map<string, Intl.DateTimeFormat>();
function formatOf(kind: Kind, timeZone: string | undefined): Intl.DateTimeFormat {
  const key = `${kind} ${timeZone ?? ""}`;
  let format = formats.get(key);
  if (!format) {
    try {
      format = new Intl.DateTimeFormat(locale, { ...KINDS[kind], timeZone });
    } catch {
      // A zone that the server knows and this browser does not: then as the device has it.
      format = new Intl.DateTimeFormat(locale, KINDS[kind]);
    }
    formats.set(key, format);
  }
  return format;
}

const asDate = (moment: Moment) => (moment instanceof Date ? moment : new Date(moment));
const isCalendarDay = (moment: Moment) => typeof moment === "string" && moment.length === "2026-03-01".length;
function zoneOf(moment: Moment): string | undefined {
  if (typeof moment !== "string") return undefined;
  return isCalendarDay(moment) ? "UTC" : accountZone();
}
const written = (kind: Kind) => (moment: Moment) => formatOf(kind, zoneOf(moment)).format(asDate(moment));

function isoDayIn(date: Date, timeZone: string | undefined): string {
  const parts = formatOf("iso", timeZone).formatToParts(date);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((each) => each.type === type)!.value;
  return `${part("year")}-${part("month")}-${part("day")}`;
}
// The day that a moment is counted to, as 2026-03-01.
export const isoDayOf = (moment: Moment) => isoDayIn(asDate(moment), zoneOf(moment));
// What day it is where days are counted.
export const isoToday = () => isoDayIn(new Date(), accountZone());

export function day(moment: Moment): string {
  const then = isoDayOf(moment);
  const today = isCalendarDay(moment) ? isoToday() : isoDayIn(new Date(), zoneOf(moment));
  const ago = (Date.parse(today) - Date.parse(then)) / 86_400_000;
  if (ago === 0) return t("day.today");
  if (ago === 1) return t("day.yesterday");
  return written(today.slice(0, 4) === then.slice(0, 4) ? "day" : "dayAndYear")(moment);
}
export const shortDay = written("shortDay");
export const fullDay = written("fullDay");
export const time = written("time");
export const month = written("month");
export const year = written("year");
export const days = (first: Moment, last: Moment) => formatOf("dayAndYear", zoneOf(first)).formatRange(asDate(first), asDate(last));

// 2026-03-01, of a date as this device has it.
export function isoDay(date: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
