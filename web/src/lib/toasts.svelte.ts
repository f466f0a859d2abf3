// Short words that come and go: something arrived, or was not done.
import type { IconName } from "../components/Icon.svelte";

const SHOWN_MS = 7_000;
export interface Toast {
  id: number;
  text: string;
  icon: IconName;
}

class Toasts {
  // One at a time: what arrives is in some list as well, and a rucker wants to see their figures.
  all = $state.raw<Toast[]>([]);
  private last = 0;

  show(text: string, icon: IconName = "info") {
    const toast = { id: ++this.last, text, icon };
    this.all = [toast];
    setTimeout(() => this.remove(toast.id), SHOWN_MS);
  }
  remove(id: number) {
    this.all = this.all.filter((toast) => toast.id !== id);
  }
}
export const toasts = new Toasts();
