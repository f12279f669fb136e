/**
 * Bundles what pages load, into dist/browser-bundle, and checks that it is small.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Plugin } from "esbuild";

const root = fileURLToPath(new URL("../", import.meta.url));
const out = `${root}dist/browser-bundle/`;

/** Most bytes of what a page loads, gzipped. */
const BUDGETS = { inference: 60_000, training: 100_000 } as const;

interface Bundle {
  readonly from: string;
  readonly to: string;
  readonly format: "esm" | "iife";
}

const BUNDLES: readonly Bundle[] = [
  { from: "src/browser/index.ts", to: "recurra.js", format: "esm" },
  { from: "src/browser/worker.ts", to: "worker.js", format: "esm" },
  { from: "src/browser/inference-worker.ts", to: "inference-worker.js", format: "esm" },
  { from: "web/page/page.ts", to: "page.js", format: "iife" },
  { from: "web/page/page.css", to: "page.css", format: "iife" },
];

/** A text in one of the tables of options that only help and docs/options.md say. */
const PROSE = /\b(?:help|defaultNote|placeholder|letter):\s*(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'),?/g;

/** Pages check options and label fields; they say no help, so its sentences are left out of what they load. */
const withoutHelp: Plugin = {
  name: "without help",
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]src[\\/]options[\\/][\w-]+\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replaceAll(PROSE, ""),
      loader: "ts",
    })),
};

mkdirSync(out, { recursive: true });
const sizes = new Map<string, number>();
for (const { from, to, format } of BUNDLES) {
  const { outputFiles } = await build({
    entryPoints: [`${root}${from}`],
    bundle: true,
    minify: true,
    write: false,
    format,
    target: "es2022",
    legalComments: "none",
    plugins: [withoutHelp],
    // An exported page is one script without an address of its own; it fetches nothing.
    logOverride: { "empty-import-meta": format === "iife" ? "silent" : "error" },
  });
  const { contents } = outputFiles[0]!;
  writeFileSync(`${out}${to}`, contents);
  sizes.set(to, gzipSync(contents, { level: 9 }).length);
}

for (const name of readdirSync(`${root}wasm`)) {
  sizes.set(name, gzipSync(readFileSync(`${root}wasm/${name}`), { level: 9 }).length);
}
const sum = (...names: readonly string[]): number =>
  names.reduce((bytes, name) => bytes + sizes.get(name)!, 0);
const runtimes = {
  inference: sum("recurra.js", "inference-worker.js", "recurra-relaxed-simd-inference.wasm"),
  training: sum("recurra.js", "worker.js", "recurra-relaxed-simd-threads.wasm"),
};
for (const [name, bytes] of sizes) {
  console.log(`${name}: ${(bytes / 1000).toFixed(1)} kB gzipped`);
}
for (const [name, budget] of Object.entries(BUDGETS)) {
  const bytes = runtimes[name as keyof typeof BUDGETS];
  console.log(`a page with ${name}: ${(bytes / 1000).toFixed(1)} kB of ${budget / 1000} kB`);
  if (bytes <= budget) continue;
  console.error(`What a page with ${name} loads is larger than its budget of ${budget} bytes.`);
  process.exitCode = 1;
}
