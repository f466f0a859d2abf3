// Where to go once somebody has signed in: to the page that was asked for, if it is one of this app.

// Pages about signing in itself; nobody asks for them to come back to.
const ACCOUNT_PAGE = /^\/(sign-in|sign-up|forgot-password|reset-password|confirm-email|undo-deletion|unsubscribe)\/?$/;
export const isAccountPage = (path: string) => ACCOUNT_PAGE.test(path);

// `asked` comes from the address bar, so anybody may have written it. What is given back is a path of
// this origin, which a browser cannot take for another host's.
export function placeAfter(asked: string | null, origin: string): string {
  let url: URL;
  try {
    url = new URL(asked || "/", origin);
  } catch {
    return "/";
  }
  const isOurs = url.origin === origin && !url.pathname.startsWith("//");
  if (!isOurs || url.pathname.startsWith("/api/") || isAccountPage(url.pathname)) return "/";
  return url.pathname + url.search;
}

// The address of another of these pages, which knows what was asked for as this one does.
export function onTheWay(page: string, path: string, query: URLSearchParams): string {
  const asked = isAccountPage(path) ? query.get("to") : path + (query.size > 0 ? `?${query}` : "");
  return asked === null || asked === "/" ? page : `${page}?to=${encodeURIComponent(asked)}`;
}
