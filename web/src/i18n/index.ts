// Text comes from a catalogue: one file a language, the same keys in each. A value may hold {names}.
import { en } from "./en";

export type Key = keyof typeof en;
const catalogues: Record<string, Record<Key, string>> = { en };

const wanted = typeof navigator === "undefined" ? "en" : navigator.language.slice(0, 2);
export const language = wanted in catalogues ? wanted : "en";
const catalogue = catalogues[language] ?? en;

// How dates are written: as the reader's own region does, where it speaks the catalogue's language.
export const locale = typeof navigator !== "undefined" && navigator.language.startsWith("en") ? navigator.language : "en";

export function t(key: Key, values: Record<string, string | number> = {}): string {
  return catalogue[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

// "1 ruck", "2 rucks": the keys end in .one and .other, as Intl.PluralRules names them.
const plurals = new Intl.PluralRules(language);
type PluralBase = Key extends infer K ? (K extends `${infer B}.other` ? B : never) : never;
export function count(base: PluralBase, n: number): string {
  const form = `${base}.${plurals.select(n)}` as Key;
  return t(form in catalogue ? form : (`${base}.other` as Key), { n });
}
