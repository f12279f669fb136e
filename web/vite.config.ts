/** The playground: served with the headers that let its worker share memory between threads. */
import type { ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

/**
 * The headers go with every answer. The servers' own option for them leaves out 304 Not Modified, after which WebKit,
 * when a page is loaded again, refuses its worker.
 */
function isolated(_: unknown, response: ServerResponse, next: () => void): void {
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
  next();
}
const isolation: Plugin = {
  name: "isolation",
  configureServer: ({ middlewares }) => void middlewares.use(isolated),
  configurePreviewServer: ({ middlewares }) => void middlewares.use(isolated),
};
const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: at("."),
  base: "./",
  resolve: {
    alias: {
      "recurra/browser": at("../dist/browser/index.js"),
      "recurra/options": at("../dist/options/index.js"),
    },
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  worker: { format: "es" },
  plugins: [isolation],
  server: { fs: { allow: [at("..")] } },
  build: { outDir: at("../dist/playground"), emptyOutDir: true, assetsInlineLimit: 0, target: "es2022" },
});
