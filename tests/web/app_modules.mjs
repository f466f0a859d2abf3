// The app's own modules, as JavaScript that node can run.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

const web = process.env.RUCK_WEB_FOLDER;
const { transformSync } = createRequire(join(web, "package.json"))("esbuild");

// `file` below web/src; it may import nothing but types.
export async function load(file) {
  const folder = mkdtempSync(join(tmpdir(), "ruck-module-"));
  const out = join(folder, basename(file).replace(/\.ts$/, ".mjs"));
  writeFileSync(out, transformSync(readFileSync(join(web, "src", file), "utf8"), { loader: "ts" }).code);
  const module = await import(pathToFileURL(out));
  rmSync(folder, { recursive: true });
  return module;
}
export const engineBytes = () => readFileSync(process.env.RUCK_ENGINE_WASM);
