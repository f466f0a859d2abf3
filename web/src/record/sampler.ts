// How often the receiver is asked, and which fixes are kept. A receiver that is on all the time
// empties a phone; a fix every half minute cuts corners. So: on while the rucker moves, short looks
// while they stand, and rarer looks when the battery is nearly empty.
//
// No clock and no browser in here: tests/battery.mjs runs it over real tracks.

export interface Sample {
  t: number; // ms
  lat: number;
  lng: number;
  acc: number | null;
}

// How the receiver is to be used from now on.
export type Plan = { kind: "watch" } | { kind: "look"; everyS: number };

const KEEP_EVERY_S = 1;
const KEEP_AT_LEAST_EVERY_S = 20; // the engine takes 30 s without a fix for a gap
const KEEP_MOVED_M = 2; // below it, fixes only repeat each other's error
const STANDING_AFTER_S = 45;
const STANDING_WITHIN_M = 12; // what 3 m of wander moves in that time, twice
const LEFT_AFTER_M = 15;
const LOOK_STANDING_S = 15;
const LOOK_STANDING_LOW_S = 30;
const LOOK_MOVING_LOW_S = 12;

const METRES_PER_DEGREE = 111_195;
export function metresBetween(a: Sample, b: Sample): number {
  const north = (b.lat - a.lat) * METRES_PER_DEGREE;
  const east = (b.lng - a.lng) * METRES_PER_DEGREE * Math.cos((a.lat * Math.PI) / 180);
  return Math.hypot(north, east);
}

export class Sampler {
  lowBattery = false;
  private standing = false;
  private kept: Sample | null = null;
  // Where the rucker has been since: they stand when they have not left it for a while.
  private anchor: Sample | null = null;

  get isStanding() {
    return this.standing;
  }

  // Looks at every fix that the receiver gives; true: it is to be kept.
  take(fix: Sample): boolean {
    this.judge(fix);
    if (!this.isWorthKeeping(fix)) return false;
    this.kept = fix;
    return true;
  }

  plan(): Plan {
    if (this.standing) {
      return { kind: "look", everyS: this.lowBattery ? LOOK_STANDING_LOW_S : LOOK_STANDING_S };
    }
    return this.lowBattery ? { kind: "look", everyS: LOOK_MOVING_LOW_S } : { kind: "watch" };
  }

  // After a pause or a gap nothing is known of where the rucker stands.
  reset() {
    this.standing = false;
    this.anchor = null;
    this.kept = null;
  }

  private judge(fix: Sample) {
    const slack = Math.min(fix.acc ?? 0, 30);
    if (!this.anchor) {
      this.anchor = fix;
      return;
    }
    const moved = metresBetween(this.anchor, fix);
    const limit = this.standing ? LEFT_AFTER_M + slack / 2 : STANDING_WITHIN_M;
    if (moved > limit) {
      this.anchor = fix;
      this.standing = false;
    } else if (fix.t - this.anchor.t >= STANDING_AFTER_S * 1000) {
      this.standing = true;
    }
  }

  private isWorthKeeping(fix: Sample): boolean {
    if (!this.kept) return true;
    const dt = (fix.t - this.kept.t) / 1000;
    if (dt <= 0) return false;
    if (dt >= KEEP_AT_LEAST_EVERY_S || this.standing) return true;
    return dt >= KEEP_EVERY_S && metresBetween(this.kept, fix) >= KEEP_MOVED_M;
  }
}
