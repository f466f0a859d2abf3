// The figures of a ruck as the server will tell them: its engine is the same, and so is the rounding
// (src/services/rucks/views.cpp).
import type { Snapshot } from "../worker/client";
import type { Totals } from "../worker/engine";

const PACE_LEAST_M = 10; // below it a pace means nothing

const tenth = (value: number) => Math.round(value * 10) / 10;

// Of all the time but the pauses, s/km.
export const averagePace = ({ activeS, distanceM }: Totals): number | null =>
  distanceM < PACE_LEAST_M ? null : tenth((activeS / distanceM) * 1000);

export const ended = (totals: Totals) => ({
  distanceM: Math.round(totals.distanceM),
  seconds: Math.round(totals.activeS),
  pace: averagePace(totals),
  gainM: tenth(totals.gainM),
  kcal: Math.round(totals.kcal),
});

export const splitsOf = (snapshot: Snapshot | null, metric: boolean) =>
  (snapshot?.splits ?? [])
    .filter((split) => split.unit === (metric ? "km" : "mi") && split.distanceM > 0)
    .map((split) => ({
      number: split.number,
      distanceM: Math.round(split.distanceM),
      seconds: Math.round((split.endMs - split.startMs) / 1000),
      gainM: tenth(split.gainM),
      kcal: Math.round(split.kcal),
    }));
