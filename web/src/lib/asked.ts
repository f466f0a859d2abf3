// What an address asks of a page. Anybody may have written it: what is no such thing counts as not asked.
export function wordIn<T extends string>(query: URLSearchParams, name: string, words: readonly T[]): T | null {
  return words.find((word) => word === query.get(name)) ?? null;
}

// A whole number of at most `digits` digits.
export function wholeIn(query: URLSearchParams, name: string, digits: number): number | null {
  const text = query.get(name) ?? "";
  return new RegExp(`^\\d{1,${digits}}$`).test(text) ? Number(text) : null;
}

// yyyy-mm-dd, of a day that exists.
export function dayIn(query: URLSearchParams, name: string): string | null {
  const text = query.get(name) ?? "";
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return null;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text) ? text : null;
}
