// The page's end of the engine's worker.
import type { Answer, Ask, Snapshot } from "./engine.worker";

export type { Snapshot };

export class EngineClient {
  private readonly worker = new Worker(new URL("./engine.worker.ts", import.meta.url), { type: "module" });
  private readonly waiting = new Map<
    number,
    { resolve: (snapshot: Snapshot) => void; reject: (problem: Error) => void }
  >();
  private id = 0;
  private isDead = false;

  constructor() {
    this.worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
      const waiter = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if (data.snapshot) waiter?.resolve(data.snapshot);
      else waiter?.reject(new Error(data.problem));
    });
    this.worker.addEventListener("error", () => {
      this.isDead = true;
      this.fail("the engine could not be loaded");
    });
  }

  ask(ask: Ask): Promise<Snapshot> {
    if (this.isDead) return Promise.reject(new Error("there is no engine"));
    const id = ++this.id;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, ask });
    });
  }

  stop() {
    this.isDead = true;
    this.worker.terminate();
    this.fail("stopped");
  }

  private fail(why: string) {
    for (const { reject } of this.waiting.values()) reject(new Error(why));
    this.waiting.clear();
  }
}
