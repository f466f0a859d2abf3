// The browser's geolocation, used as the sampler plans.
import { Sampler } from "./sampler";

export interface ReceiverEvents {
  fix: (position: GeolocationPosition, keep: boolean) => void;
  denied: () => void;
  unavailable: () => void;
}

const LOOK_TIMEOUT_MS = 20_000;
const OPTIONS: PositionOptions = { enableHighAccuracy: true, maximumAge: 0 };

export class Receiver {
  readonly sampler = new Sampler();
  private watch: number | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running = false;

  constructor(private readonly events: ReceiverEvents) {}

  start() {
    if (this.running) return;
    this.running = true;
    this.sampler.reset();
    this.follow();
  }

  stop() {
    this.running = false;
    this.quiet();
  }

  private quiet() {
    if (this.watch !== null) navigator.geolocation.clearWatch(this.watch);
    this.watch = null;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private follow() {
    if (!this.running) return;
    const plan = this.sampler.plan();
    if (plan.kind === "watch") {
      clearTimeout(this.timer);
      this.timer = undefined;
      this.watch ??= navigator.geolocation.watchPosition(
        (position) => this.take(position),
        (problem) => this.fail(problem),
        OPTIONS,
      );
      return;
    }
    if (this.watch !== null) this.quiet();
    this.timer ??= setTimeout(() => this.look(), plan.everyS * 1000);
  }

  private look() {
    this.timer = undefined;
    if (!this.running) return;
    navigator.geolocation.getCurrentPosition(
      (position) => this.take(position),
      (problem) => this.fail(problem),
      { ...OPTIONS, timeout: LOOK_TIMEOUT_MS },
    );
  }

  private take(position: GeolocationPosition) {
    if (!this.running) return;
    const { latitude, longitude, accuracy } = position.coords;
    const keep = this.sampler.take({
      t: position.timestamp,
      lat: latitude,
      lng: longitude,
      acc: accuracy,
    });
    this.events.fix(position, keep);
    this.follow();
  }

  private fail(problem: GeolocationPositionError) {
    if (!this.running) return;
    if (problem.code === problem.PERMISSION_DENIED) {
      this.stop();
      this.events.denied();
      return;
    }
    this.events.unavailable();
    this.follow();
  }
}
