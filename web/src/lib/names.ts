// "Anna", "Anna and Ben", "Anna, Ben and Carla", as the reader's language joins them.
import { locale } from "../i18n";

const format = new Intl.ListFormat(locale, { type: "conjunction" });
export const joined = (names: string[]) => format.format(names);
