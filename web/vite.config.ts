/** The playground: served with the headers that let its worker share memory between threads. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const isolated = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};
const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: at("."),
  base: "./",
  resolve: { alias: { "recurra/browser": at("../dist/browser/index.js") } },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  worker: { format: "es" },
  server: { headers: isolated, fs: { allow: [at("..")] } },
  preview: { headers: isolated },
  build: { outDir: at("../dist/playground"), emptyOutDir: true, assetsInlineLimit: 0, target: "es2022" },
});
