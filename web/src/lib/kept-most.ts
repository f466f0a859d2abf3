// How many replies of the server a device keeps. A ruck with its whole track is up to a few megabytes,
// and each one ever opened would stay for good. These are the pages that somebody comes back to.
export const REPLIES_KEPT_MOST = 200;

// What is to go so that `most` are left: those used longest ago. `uses` says when each was used last.
export function overflow(keys: string[], uses: Record<string, number>, most: number): string[] {
  const usedAt = (key: string) => uses[key] ?? 0;
  return [...keys].sort((a, b) => usedAt(a) - usedAt(b)).slice(0, Math.max(0, keys.length - most));
}
