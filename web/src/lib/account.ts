// Signing up and in, as the forms use it.
import { t } from "../i18n";
import { outbox } from "../record/outbox.svelte";
import * as api from "./api";
import { isAccountPage, placeAfter } from "./arrival";
import { install } from "./install.svelte";
import { router } from "./router.svelte";
import { session } from "./session.svelte";

// The field of a request that the server could not use: it names it by where it is in the body, which
// says nothing to people.
export function refusedField(problem: unknown): string | null {
  if (!(problem instanceof api.Refused)) return null;
  return /^(?:\$|query|form)\.?(\w*)/.exec(problem.message)?.[1] ?? null;
}

// What to tell somebody whose request failed.
export function tell(problem: unknown): string {
  if (refusedField(problem) !== null) return t("app.misfit");
  if (problem instanceof api.Refused) {
    return problem.code === "invalid_credentials" ? t("signin.wrong") : problem.message;
  }
  if (problem instanceof api.SignedOut) return t("expired.text");
  return t("app.unreachable");
}

function arrive() {
  outbox.send();
  install.register();
  // Whoever opened a link signed out is at its address still.
  if (!isAccountPage(router.path)) return;
  router.go(placeAfter(router.query.get("to"), location.origin), { replace: true });
}

export interface NewAccount {
  email: string;
  password: string;
  username: string;
  prefer_metric: boolean;
  weight_kg?: number;
}
export async function signUp(account: NewAccount) {
  await session.tellOfLeaving();
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  await session.take(
    await api.open("POST", "POST /api/auth/signup", "/api/auth/signup", {
      ...account,
      time_zone: timeZone,
      refresh_in: "cookie",
    }),
  );
  arrive();
}

export async function signIn(email: string, password: string) {
  await session.tellOfLeaving();
  await session.take(
    await api.open("POST", "POST /api/auth/login", "/api/auth/login", {
      email,
      password,
      refresh_in: "cookie",
    }),
  );
  arrive();
}
