import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [svelte()],
  resolve: { alias: { $generated: here("./generated"), $lib: here("./src/lib") } },
  build: {
    // What phones of the last four years have; wake lock, Web Locks and modules in workers with it.
    target: ["chrome111", "firefox114", "safari16.4"],
    assetsInlineLimit: 0,
    // One file of 5 KB rather than a request for each page's few rules.
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  worker: { format: "es" },
  // `npm run dev` beside a `ruck serve`.
  server: { proxy: { "/api": "http://127.0.0.1:8080" } },
});
