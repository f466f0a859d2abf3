// From stored points to the columns of a chart. Only for drawing: totals come from the server.
import type { HeartRateView } from "$generated/api";
import { t } from "../i18n";
import { height, METRES_PER_FOOT, METRES_PER_MILE } from "./units";

export interface PointView {
  latitude: number;
  longitude: number;
  altitude: number | null;
  timestamp: string;
}
export interface Columns {
  metres: number[];
  altitude: (number | null)[];
  pace: (number | null)[]; // s per km
  grade: (number | null)[]; // percent
  heart: (number | null)[];
  positions: [number, number][];
}

const COLUMN_MOST = 600; // more than a phone has pixels
const PACE_OVER_S = 60;
const GRADE_OVER_M = 200; // as the engine does with GPS altitude
const SLOWEST = 3600;
const HEART_WITHIN_MS = 60_000;
const GRADE_MOST = 45;

const RADIANS = Math.PI / 180;
function metresBetween(a: PointView, b: PointView): number {
  const north = (b.latitude - a.latitude) * 111_195;
  const east = (b.longitude - a.longitude) * 111_195 * Math.cos(a.latitude * RADIANS);
  return Math.hypot(north, east);
}

// `totalM` is the ruck's distance: raw steps add up to more, because a receiver wanders.
export function columnsOf(points: PointView[], heart: HeartRateView[], totalM: number): Columns {
  const times = points.map((p) => Date.parse(p.timestamp));
  const raw: number[] = [0];
  for (let i = 1; i < points.length; i++) raw.push(raw[i - 1]! + metresBetween(points[i - 1]!, points[i]!));
  const scale = raw.at(-1)! > 0 && totalM > 0 ? totalM / raw.at(-1)! : 1;
  const metres = raw.map((m) => m * scale);
  const altitude = smooth(points.map((p) => p.altitude), times);
  const step = Math.max(1, Math.ceil(points.length / COLUMN_MOST));
  const columns: Columns = { metres: [], altitude: [], pace: [], grade: [], heart: [], positions: [] };
  let paceFrom = 0;
  let gradeFrom = 0;
  let beat = 0;
  const beats = heart.map((h) => ({ t: Date.parse(h.timestamp), bpm: h.bpm }));
  for (let i = 0; i < points.length; i += step) {
    while (paceFrom < i && times[i]! - times[paceFrom]! > PACE_OVER_S * 1000) paceFrom++;
    while (gradeFrom < i && metres[i]! - metres[gradeFrom]! > GRADE_OVER_M) gradeFrom++;
    while (beat + 1 < beats.length && Math.abs(beats[beat + 1]!.t - times[i]!) <= Math.abs(beats[beat]!.t - times[i]!)) beat++;
    const walked = metres[i]! - metres[paceFrom]!;
    const seconds = (times[i]! - times[paceFrom]!) / 1000;
    const pace = walked > 5 ? (seconds / walked) * 1000 : null;
    const run = metres[i]! - metres[gradeFrom]!;
    const [low, high] = [altitude[gradeFrom], altitude[i]];
    const grade = run > GRADE_OVER_M / 2 && low != null && high != null ? ((high - low) / run) * 100 : null;
    const near = beats[beat] && Math.abs(beats[beat]!.t - times[i]!) < HEART_WITHIN_MS;
    columns.metres.push(metres[i]!);
    columns.altitude.push(altitude[i] ?? null);
    columns.pace.push(pace !== null && pace < SLOWEST ? pace : null);
    columns.grade.push(grade === null ? null : Math.max(-GRADE_MOST, Math.min(GRADE_MOST, grade)));
    columns.heart.push(near ? beats[beat]!.bpm : null);
    columns.positions.push([points[i]!.latitude, points[i]!.longitude]);
  }
  return columns;
}

// The mean of what lies within 15 s to either side.
function smooth(values: (number | null)[], times: number[]): (number | null)[] {
  const out: (number | null)[] = [];
  let from = 0;
  let to = 0;
  let sum = 0;
  let n = 0;
  for (let i = 0; i < values.length; i++) {
    for (; to < values.length && times[to]! - times[i]! <= 15_000; to++) {
      if (values[to] !== null) {
        sum += values[to]!;
        n++;
      }
    }
    for (; times[i]! - times[from]! > 15_000; from++) {
      if (values[from] !== null) {
        sum -= values[from]!;
        n--;
      }
    }
    out.push(n > 0 ? sum / n : null);
  }
  return out;
}

// ---- in the reader's units --------------------------------------------------------------------------

export type Curve = "altitude" | "pace" | "heart" | "grade";
export interface Plotted {
  x: number[]; // km or mi
  y: (number | null)[]; // in `unitY`; pace in s a km or a mile
  unitX: string;
  unitY: string;
  steps?: number[]; // between ticks, where decimal ones are not round
}
// 15 s, a minute, five minutes: round steps of a pace.
const PACE_STEPS_S = [1, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600];

// What is plotted is what is shown: a chart puts its ticks on round numbers of what it is given.
export function plotted(columns: Columns, curve: Curve, metric: boolean): Plotted {
  const lengthM = metric ? 1000 : METRES_PER_MILE;
  const x = columns.metres.map((m) => m / lengthM);
  const unitX = metric ? t("unit.km") : t("unit.mi");
  const scaled = (by: number) => (by === 1 ? columns[curve] : columns[curve].map((value) => value && value * by));
  if (curve === "altitude") {
    const { unit } = height(0, metric);
    return { x, unitX, y: scaled(metric ? 1 : 1 / METRES_PER_FOOT), unitY: unit };
  }
  if (curve === "pace") return { x, unitX, y: scaled(lengthM / 1000), unitY: `/${unitX}`, steps: PACE_STEPS_S };
  return { x, unitX, y: columns[curve], unitY: curve === "heart" ? t("unit.bpm") : "%" };
}
