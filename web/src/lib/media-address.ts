// Pictures come from this origin, whatever name the server thinks it has: it may be reached by another.
const PHOTOS_CACHE = "ruck-photos"; // sw.ts
const OURS = "/media/";

export function mediaAddress(address: string | null | undefined): string | null {
  if (!address || !URL.canParse(address, location.origin)) return null;
  const { pathname, search } = new URL(address, location.origin);
  return pathname.startsWith(OURS) ? pathname + search : null;
}

// The copies of a deleted photo that this device has.
export async function forgetPhoto(id: string) {
  const cache = await globalThis.caches?.open(PHOTOS_CACHE);
  for (const kept of (await cache?.keys()) ?? []) {
    if (new URL(kept.url).pathname.startsWith(`${OURS}${id}/`)) await cache?.delete(kept);
  }
}
