/**
 * Bundles what pages load, into dist/browser-bundle, and checks that it is small. Run with --check to check only what
 * is there already.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

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
];

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
  });
  const { contents } = outputFiles[0]!;
  writeFileSync(`${out}${to}`, contents);
  sizes.set(to, gzipSync(contents, { level: 9 }).length);
}

const wasm = gzipSync(readFileSync(`${root}wasm/recurra-relaxed-simd.wasm`), { level: 9 }).length;
const runtimes = {
  inference: sizes.get("recurra.js")! + sizes.get("inference-worker.js")! + wasm,
  training: sizes.get("recurra.js")! + sizes.get("worker.js")! + wasm,
};
for (const [name, bytes] of [...sizes, ["recurra-relaxed-simd.wasm", wasm] as const]) {
  console.log(`${name}: ${(bytes / 1000).toFixed(1)} kB gzipped`);
}
for (const [name, budget] of Object.entries(BUDGETS)) {
  const bytes = runtimes[name as keyof typeof BUDGETS];
  console.log(`a page with ${name}: ${(bytes / 1000).toFixed(1)} kB of ${budget / 1000} kB`);
  if (bytes <= budget) continue;
  console.error(`What a page with ${name} loads is larger than its budget of ${budget} bytes.`);
  process.exitCode = 1;
}
