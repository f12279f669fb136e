/**
 * Bundles the files that pages load into dist/browser-bundle, and checks their sizes.
 *
 * A script that is a module loads parts of itself when they are first used (src/load-part.ts); each is a file of its own
 * beside it. What counts for the budget is what the browser fetches at once: the script, all that it imports statically,
 * a worker's body, and the WebAssembly module. What each part adds later is printed beside it.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { transform } from "esbuild";
import { type OutputChunk, type OutputOptions, type Plugin, rolldown } from "rolldown";

const root = fileURLToPath(new URL("../", import.meta.url));
const out = `${root}dist/browser-bundle/`;

/** Most bytes of what a page loads at once, gzipped. */
const BUDGETS = { inference: 60_000, training: 100_000 } as const;

interface Script {
  readonly from: string;
  readonly to: string;
  /** A module, or one script without an address of its own, which fetches nothing: of an exported page. */
  readonly format: "esm" | "iife";
  /** A part that the script loads in any case, at once. */
  readonly body?: string;
  /** Of an exported page: parts that it has no use for, besides those that none has. */
  readonly without?: readonly (keyof typeof NOT_IN_EVERY_PAGE)[];
}

const SCRIPTS: readonly Script[] = [
  { from: "src/browser/index.ts", to: "recurra", format: "esm" },
  { from: "src/browser/worker.ts", to: "worker", format: "esm", body: "worker-body" },
  {
    from: "src/browser/inference-worker.ts",
    to: "inference-worker",
    format: "esm",
    body: "inference-worker-body",
  },
  { from: "web/page/page.ts", to: "page", format: "iife", without: ["src/apps/classifier.ts"] },
  {
    from: "web/page/classifier-page.ts",
    to: "classifier-page",
    format: "iife",
    without: ["src/generate/generate.ts", "src/apps/examining.ts"],
  },
  { from: "web/look/report.tsx", to: "look-page", format: "iife" },
  { from: "web/tune/report.tsx", to: "study-page", format: "iife" },
];
const STYLES = { "page.css": "web/page/page.css", "look-page.css": "web/look/look.css" } as const;

/** A text in the tables of options that only help and docs/options.md show. */
const PROSE = /\b(?:help|defaultNote|placeholder|letter):\s*(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'),?/g;

/** Pages check options and label fields but show no help, so its sentences are left out of their bundle. */
const withoutHelp: Plugin = {
  name: "without help",
  transform: {
    filter: { id: /[\\/]src[\\/]options[\\/][\w-]+\.ts$/ },
    handler: (code) => code.replaceAll(PROSE, ""),
  },
};

/**
 * Parts that an exported page has no use for, with their exports. It is one script, which would hold every part that the
 * library can load: these are left out of it, and say so where they are asked for all the same.
 */
const NOT_IN_EXPORTED_PAGES: Readonly<Record<string, readonly string[]>> = {
  "src/apps/adapt-model.ts": ["adaptModel"],
  "src/apps/embed-texts.ts": ["embedTexts"],
  "src/apps/learn-profile.ts": ["learnProfile", "readProfile"],
  "src/apps/measure-chunks.ts": ["measureChunks"],
  "src/generate/complete/completer.ts": ["Completer"],
  "src/browser/picked-files.ts": ["readPicked"],
  "src/browser/text-of-file.ts": ["joined", "textOfFile"],
  "src/format/unzip-model.ts": ["isZip", "unzipModel"],
};

/** Those that one page has, and another has not. */
const NOT_IN_EVERY_PAGE = {
  "src/apps/classifier.ts": ["Classifier"],
  "src/apps/examining.ts": ["inspectText", "nextTokens"],
  "src/generate/generate.ts": ["write"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

function withoutUnusedParts(without: Script["without"] = []): Plugin {
  const own = Object.fromEntries(without.map((path) => [path, NOT_IN_EVERY_PAGE[path]]));
  const unused: Readonly<Record<string, readonly string[]>> = { ...NOT_IN_EXPORTED_PAGES, ...own };
  return {
    name: "without unused parts",
    load(id) {
      const path = id.slice(root.length);
      const missing = `throw new Error(${JSON.stringify(`${path} is not part of this page`)});`;
      return unused[path]?.map((name) => `export function ${name}() { ${missing} }`).join("\n");
    },
  };
}

/** The files of a script, itself first. */
async function bundle({ from, to, format, body, without }: Script): Promise<OutputChunk[]> {
  const bundled = await rolldown({
    input: { [to]: `${root}${from}` },
    resolve: { extensionAlias: { ".js": [".ts", ".js"] }, conditionNames: ["recurra-source"] },
    transform: { target: "es2022" },
    plugins: format === "iife" ? [withoutHelp, withoutUnusedParts(without)] : [withoutHelp],
    onLog(level, log) {
      if (format === "iife" && log.code === "EMPTY_IMPORT_META") return;
      throw new Error(`${from}: ${level}: ${log.message}`);
    },
  });
  const generate = async (
    codeSplitting: NonNullable<OutputOptions["codeSplitting"]>,
  ): Promise<OutputChunk[]> => {
    const { output } = await bundled.generate({
      format,
      minify: true,
      comments: false,
      codeSplitting,
      entryFileNames: "[name].js",
      chunkFileNames: "[name]-[hash].js",
    });
    const chunks = output.filter((file) => file.type === "chunk");
    return chunks.toSorted((a, b) => Number(b.isEntry) - Number(a.isEntry));
  };
  let chunks = await generate(format === "esm");
  if (body !== undefined) {
    // The body and what it shares with later parts are one file, which packs better than one for each set of parts.
    const whole = new Set(
      loadedAtOnce(chunks, body).flatMap(({ isEntry, moduleIds }) => (isEntry ? [] : moduleIds)),
    );
    chunks = await generate({ groups: [{ name: body, test: (id) => whole.has(id) }] });
  }
  await bundled.close();
  return chunks;
}

/** The chunks that are fetched with a script and its body. */
function loadedAtOnce(chunks: readonly OutputChunk[], body: string | undefined): OutputChunk[] {
  const files = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const first = atOnce(chunks[0]!.fileName, files);
  if (body !== undefined) atOnce(chunks.find(({ name }) => name === body)!.fileName, files, first);
  return [...first].map((name) => files.get(name)!);
}

const kB = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;
const gzipped = (content: string | Uint8Array): number => gzipSync(content, { level: 9 }).length;
const sumOf = (sizes: readonly number[]): number => sizes.reduce((sum, bytes) => sum + bytes, 0);

/** A file of a script, and all that it imports statically, as the browser fetches them with it. */
function atOnce(
  name: string,
  files: ReadonlyMap<string, OutputChunk>,
  found = new Set<string>(),
): Set<string> {
  if (!found.has(name)) {
    found.add(name);
    for (const imported of files.get(name)!.imports) atOnce(imported, files, found);
  }
  return found;
}

/** Bytes at once, gzipped, by what is loaded. */
const sizes = new Map<string, number>();
const report = (name: string, bytes: number): void => {
  sizes.set(name, bytes);
  console.log(`${name}: ${kB(bytes)} gzipped`);
};

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
for (const script of SCRIPTS) {
  const chunks = await bundle(script);
  for (const { fileName, code } of chunks) writeFileSync(`${out}${fileName}`, code);
  const files = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const bytesOf = (names: Iterable<string>): number =>
    sumOf([...names].map((name) => gzipped(files.get(name)!.code)));
  const first = new Set(loadedAtOnce(chunks, script.body).map(({ fileName }) => fileName));
  report(chunks[0]!.fileName, bytesOf(first));
  for (const { fileName, name, isDynamicEntry } of chunks) {
    if (!isDynamicEntry || first.has(fileName)) continue;
    const added = [...atOnce(fileName, files)].filter((file) => !first.has(file));
    console.log(`  with its first use ${name}: ${kB(bytesOf(added))} more`);
  }
}
for (const [name, from] of Object.entries(STYLES)) {
  const style = await transform(readFileSync(`${root}${from}`, "utf8"), { loader: "css", minify: true });
  writeFileSync(`${out}${name}`, style.code);
  report(name, gzipped(style.code));
}
for (const name of readdirSync(`${root}wasm`)) report(name, gzipped(readFileSync(`${root}wasm/${name}`)));

const PAGES: Readonly<Record<keyof typeof BUDGETS, readonly string[]>> = {
  inference: ["recurra.js", "inference-worker.js", "recurra-relaxed-simd-inference.wasm"],
  training: ["recurra.js", "worker.js", "recurra-relaxed-simd-threads.wasm"],
};
for (const [name, budget] of Object.entries(BUDGETS)) {
  const bytes = sumOf(PAGES[name as keyof typeof BUDGETS].map((file) => sizes.get(file)!));
  console.log(`a page with ${name}: ${kB(bytes)} at once, of ${kB(budget)}`);
  if (bytes <= budget) continue;
  console.error(`What a page with ${name} loads at once is larger than its budget of ${budget} bytes.`);
  process.exitCode = 1;
}
