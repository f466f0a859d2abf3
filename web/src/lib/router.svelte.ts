// The address bar as state. Links stay ordinary links; clicks on them do not load a document.
//
// What a page shows of a list (filters, pages, a month) is in its query, so that Back and a reload
// show the same; where it was scrolled to is in the entry of the history.
interface Entry {
  y?: number;
  from?: string; // the address from which a link led here
  kept?: Record<string, string>;
}

const NOTE_AFTER_MS = 300; // of rest: not every step of a scroll is written
const RETURN_WITHIN_MS = 5_000;
const BY_HAND = ["wheel", "touchstart", "pointerdown", "keydown"] as const;

class Router {
  path = $state(location.pathname);
  query = $state.raw(new URLSearchParams(location.search));
  visit = $state(0); // another one of the same page, which is made anew
  private noting: ReturnType<typeof setTimeout> | undefined;
  private stopReturning = () => {};
  private isReturning = false;

  constructor() {
    // The browser would try before the list has come.
    history.scrollRestoration = "manual";
    addEventListener("popstate", () => {
      clearTimeout(this.noting);
      this.read();
      this.returnTo(this.entry.y ?? 0);
    });
    addEventListener("scroll", () => this.noteLater(), { passive: true });
    addEventListener("pagehide", () => this.note());
    document.addEventListener("click", (event) => this.follow(event));
    this.returnTo(this.entry.y ?? 0);
  }

  // `anew`: also where the page is open already, it is to show what there is now.
  go(to: string, options: { replace?: boolean; anew?: boolean } = {}) {
    clearTimeout(this.noting);
    this.stopReturning();
    if (options.replace) {
      history.replaceState(null, "", to);
    } else {
      this.note();
      history.pushState({ from: location.pathname + location.search } satisfies Entry, "", to);
    }
    if (options.anew && location.pathname === this.path) this.visit += 1;
    this.read();
    scrollTo(0, 0);
  }

  // To the page at `path` as it was left, if it led here; else to that page as it begins. The page that
  // is left is not come back to.
  back(path: string) {
    if (this.cameFrom(path)) history.back();
    else this.go(path, { replace: true });
  }
  private cameFrom(path: string) {
    return this.entry.from?.split("?")[0] === path;
  }

  // Says in the address what this page shows; what is null is left out. The page stays as it is.
  show(values: Record<string, string | number | null>) {
    const query = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(values)) {
      if (value === null) query.delete(name);
      else query.set(name, String(value));
    }
    if (query.toString() === new URLSearchParams(location.search).toString()) return;
    history.replaceState(history.state, "", query.size > 0 ? `?${query}` : location.pathname);
    this.query = query;
  }

  // What a page wants to find again after Back and a reload, and what is for no address bar: names that
  // were looked for, how far a list was read.
  remember(name: string, value: string) {
    this.write({ ...this.entry, kept: { ...this.entry.kept, [name]: value } });
  }
  remembered(name: string): string {
    return this.entry.kept?.[name] ?? "";
  }

  private get entry(): Entry {
    return (history.state as Entry | null) ?? {};
  }

  private read() {
    this.path = location.pathname;
    this.query = new URLSearchParams(location.search);
  }

  private note() {
    clearTimeout(this.noting);
    const y = Math.round(scrollY);
    if (y !== (this.entry.y ?? 0)) this.write({ ...this.entry, y });
  }
  private write(entry: Entry) {
    try {
      history.replaceState(entry, "");
    } catch {
      // Safari allows a hundred in half a minute. Then the page is found as it was before.
    }
  }
  private noteLater() {
    clearTimeout(this.noting);
    if (this.isReturning) return; // a page that is still short says nothing about where the reader was
    this.noting = setTimeout(() => this.note(), NOTE_AFTER_MS);
  }

  // As soon as the page is long enough, unless the reader scrolls meanwhile.
  private returnTo(y: number) {
    this.stopReturning();
    scrollTo(0, y);
    if (y === 0) return;
    this.isReturning = true;
    const page = new ResizeObserver(() => {
      if (document.documentElement.scrollHeight < y + innerHeight) return;
      scrollTo(0, y);
      stop();
    });
    const stop = () => {
      page.disconnect();
      clearTimeout(end);
      this.isReturning = false;
      for (const kind of BY_HAND) removeEventListener(kind, stop);
    };
    const end = setTimeout(stop, RETURN_WITHIN_MS);
    for (const kind of BY_HAND) addEventListener(kind, stop, { passive: true });
    page.observe(document.body);
    this.stopReturning = stop;
  }

  private follow(event: MouseEvent) {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.("a");
    if (!link || link.target || link.hasAttribute("download")) return;
    const url = new URL(link.href, location.href);
    if (url.origin !== location.origin || url.pathname.startsWith("/api/")) return;
    event.preventDefault();
    if (url.hash && url.pathname === location.pathname) {
      document.querySelector<HTMLElement>(url.hash)?.focus();
      return;
    }
    // A link back to the page that led here is the way back, to that page as it was left.
    if (link.hasAttribute("data-back") && this.cameFrom(url.pathname)) {
      history.back();
      return;
    }
    this.go(url.pathname + url.search);
  }
}

export const router = new Router();
