import type { WebConfig } from "$generated/api";
import { open } from "./api";
import * as db from "./db";

const KEY = "web-config";
let asked: Promise<WebConfig | undefined> | null = null;

// What the server says of map tiles; offline, what it said last.
export function webConfig(): Promise<WebConfig | undefined> {
  asked ??= open("GET", "GET /api/app/web-config", "/api/app/web-config")
    .then((config) => {
      db.setValue(KEY, config).catch(() => {});
      return config;
    })
    .catch(() => {
      asked = null;
      return db.getValue<WebConfig>(KEY).catch(() => undefined);
    });
  return asked;
}
