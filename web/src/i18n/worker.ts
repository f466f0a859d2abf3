// The few words that the service worker says by itself. The whole catalogue would double its size.
const catalogues: Record<string, Record<"title" | "new", string>> = {
  en: { title: "Ruck", new: "There is something new for you." },
};
export const workerText = catalogues[navigator.language.slice(0, 2)] ?? catalogues.en!;
