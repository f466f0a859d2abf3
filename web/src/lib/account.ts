// Signing up and in, as the forms use it.
import { t } from "../i18n";
import { outbox } from "../record/outbox.svelte";
import * as api from "./api";
import { install } from "./install.svelte";
import { router } from "./router.svelte";
import { session } from "./session.svelte";

// What to tell somebody whose request failed.
export function tell(problem: unknown): string {
  if (problem instanceof api.Refused) {
    return problem.code === "invalid_credentials" ? t("signin.wrong") : problem.message;
  }
  if (problem instanceof api.SignedOut) return t("expired.text");
  return t("app.unreachable");
}

function arrive() {
  outbox.send();
  install.register();
  router.go("/", { replace: true });
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
