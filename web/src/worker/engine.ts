// The engine (src/rucking) in WebAssembly. Places of numbers are those of engine/abi.cpp.
import type { Body, EventKind, Fix } from "../lib/db";

export interface Totals {
  startMs: number;
  endMs: number;
  distanceM: number;
  estimatedM: number;
  elapsedS: number;
  movingS: number;
  pausedS: number;
  activeS: number;
  gainM: number;
  lossM: number;
  kcal: number;
  loadKgKm: number;
  powerPoints: number;
  paceSPerKm: number | null; // of the moving time
  points: { fed: number; used: number; paused: number; poor: number; jumps: number; vehicle: number };
  live: {
    moving: boolean;
    speedMPerS: number;
    paceSPerKm: number | null;
    gradePercent: number;
    altitudeM: number | null;
    lat: number;
    lng: number;
  } | null;
}
export interface Split {
  unit: "km" | "mi";
  number: number;
  distanceM: number;
  startMs: number;
  endMs: number;
  movingS: number;
  gainM: number;
  lossM: number;
  kcal: number;
}

interface Exports {
  memory: WebAssembly.Memory;
  _initialize(): void;
  ruck_input(): number;
  ruck_output(): number;
  ruck_begin(): void;
  ruck_feed(count: number, latestAllowedMs: number): number;
  ruck_event(kind: number, timeMs: number, loadKg: number): void;
  ruck_totals(): number;
  ruck_splits(): number;
}

const POINTS_PER_CALL = 512;
const NUMBERS_PER_SPLIT = 9;
const EVENT_KINDS: Record<EventKind, number> = { pause: 0, resume: 1, load: 2 };
const orNull = (value: number | undefined) => (value === undefined || Number.isNaN(value) ? null : value);

export class Engine {
  private constructor(private readonly wasm: Exports) {}

  static async load(bytes: BufferSource): Promise<Engine> {
    // The C++ library would print before it aborts; there is nowhere to print to.
    const nothing = () => 0;
    const { instance } = await WebAssembly.instantiate(bytes, {
      wasi_snapshot_preview1: { fd_close: nothing, fd_seek: nothing, fd_write: nothing },
    });
    const wasm = instance.exports as unknown as Exports;
    wasm._initialize();
    return new Engine(wasm);
  }

  private numbers(at: number, count: number): Float64Array {
    return new Float64Array(this.wasm.memory.buffer, at, count);
  }

  begin(body: Body, loadKg: number) {
    this.numbers(this.wasm.ruck_input(), 9).set([
      body.weightKg,
      body.heightCm,
      body.ageYears,
      body.sex,
      body.restingBpm ?? NaN,
      body.maxBpm ?? NaN,
      loadKg,
      body.calorieMethod,
      body.activeOnly ? 1 : 0,
    ]);
    this.wasm.ruck_begin();
  }

  // How many were positions at all.
  feed(fixes: Fix[], latestAllowedMs: number): number {
    let taken = 0;
    for (let from = 0; from < fixes.length; from += POINTS_PER_CALL) {
      const part = fixes.slice(from, from + POINTS_PER_CALL);
      const input = this.numbers(this.wasm.ruck_input(), part.length * 6);
      part.forEach((fix, i) =>
        input.set([fix.t, fix.lat, fix.lng, fix.alt ?? NaN, fix.acc ?? NaN, fix.spd ?? NaN], i * 6),
      );
      taken += this.wasm.ruck_feed(part.length, latestAllowedMs);
    }
    return taken;
  }

  event(kind: EventKind, atMs: number, loadKg = 0) {
    this.wasm.ruck_event(EVENT_KINDS[kind], atMs, loadKg);
  }

  totals(): Totals {
    const n = this.numbers(this.wasm.ruck_output(), this.wasm.ruck_totals());
    const at = (index: number) => n[index] ?? NaN;
    return {
      startMs: at(0),
      endMs: at(1),
      distanceM: at(2),
      estimatedM: at(3),
      elapsedS: at(4),
      movingS: at(5),
      pausedS: at(6),
      activeS: at(4) - at(6),
      gainM: at(7),
      lossM: at(8),
      kcal: at(9),
      loadKgKm: at(10),
      powerPoints: at(11),
      paceSPerKm: orNull(n[12]),
      points: { fed: at(15), used: at(16), paused: at(17), poor: at(18), jumps: at(19), vehicle: at(20) },
      live: Number.isNaN(at(21))
        ? null
        : {
            moving: at(21) === 1,
            speedMPerS: at(22),
            paceSPerKm: orNull(n[23]),
            gradePercent: at(24),
            altitudeM: orNull(n[25]),
            lat: at(26),
            lng: at(27),
          },
    };
  }

  splits(): Split[] {
    const count = this.wasm.ruck_splits();
    const n = this.numbers(this.wasm.ruck_output(), count * NUMBERS_PER_SPLIT);
    return Array.from({ length: count }, (_, i) => {
      const s = n.subarray(i * NUMBERS_PER_SPLIT, (i + 1) * NUMBERS_PER_SPLIT);
      return {
        unit: s[0] === 0 ? "km" : "mi",
        number: s[1]!,
        distanceM: s[2]!,
        startMs: s[3]!,
        endMs: s[4]!,
        movingS: s[5]!,
        gainM: s[6]!,
        lossM: s[7]!,
        kcal: s[8]!,
      };
    });
  }
}
