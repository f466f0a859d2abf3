// The stage as nearly all of the tests want it (staging.mjs).
import { stage } from "./staging.mjs";

export const { server, browser } = await stage();
