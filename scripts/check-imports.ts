/**
 * Checks how the files under src/ may know each other (docs/architecture.md): rooms import only downward, files do not
 * import each other in a circle, and Node's own modules are imported only where files or processes are touched, so that
 * the rest runs in a browser. Types count as well. Prints one line a violation; the exit code is 1 if there is any.
 */
import { readFileSync, readdirSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, posix, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** From the bottom up: a room may import itself and those before it. "entry": the other files in src/ itself. */
const ROOMS = [
  "shared",
  "options",
  "engine",
  "layers",
  "model",
  "optim",
  "format",
  "text",
  "ngram",
  "train",
  "adapt",
  "generate",
  "speech",
  "vectors",
  "classify",
  "explain",
  "memorised",
  "look",
  "tune",
  "apps",
  "export",
  "service",
  "browser",
  "entry",
  "cli",
] as const;

/**
 * Parts of a room, from the bottom up, that import only themselves and those before them; files in the room's own folder
 * stand below all of them.
 */
const PARTS: Readonly<Partial<Record<(typeof ROOMS)[number], readonly string[]>>> = {
  text: ["tokenizers", "corpus", "windows"],
};

/** Rooms that run anywhere with all that they import, from whatever room. */
const ANYWHERE_ROOMS: ReadonlySet<string> = new Set(["options", "export", "service", "browser"]);

/** Files in src/ itself that every room may import. */
const SHARED = new Set([
  "argument-checks.ts",
  "breathe.ts",
  "cells.ts",
  "errors.ts",
  "greatest.ts",
  "load-part.ts",
  "nearest.ts",
  "optional-package.ts",
  "shown.ts",
  "visible-text.ts",
  "snake-case.ts",
  "with-remedy.ts",
]);

/** Rooms whose every file may import Node's modules. */
const NODE_ROOMS = new Set(["train", "apps", "entry", "cli"]);

/** Files of the other rooms that may. No other file of those rooms may import one of these. */
const NODE_FILES = new Set([
  "engine/native-loader.ts",
  "engine/wasm-loader.ts",
  "text/corpus/corpus.ts",
  "text/corpus/corpus-file.ts",
  "text/corpus/find-files.ts",
  "text/corpus/folder-texts.ts",
  "text/corpus/class-folders.ts",
  "text/corpus/labelled-texts.ts",
  "text/corpus/read-file.ts",
  "text/corpus/tables/parquet-file.ts",
  "text/corpus/tables/parquet-rows.ts",
  "text/corpus/spool-folder.ts",
  "text/windows/id-file.ts",
  "format/scratch-file.ts",
  "format/temporary-folder.ts",
  "format/usable-memory.ts",
  "ngram/count-on-disk.ts",
  "ngram/load-ngram.ts",
  "ngram/ngram-counter.ts",
  "ngram/record-sorter.ts",
  "ngram/train-ngram.ts",
  "ngram/write-ngram.ts",
  "format/atomic-file.ts",
  "format/existing-file.ts",
  "format/file-sync.ts",
  "format/folder-lock.ts",
  "format/make-folder.ts",
  "format/json-file.ts",
  "format/model-claim.ts",
  "format/model-folder.ts",
  "format/model-paths.ts",
  "format/model-stage.ts",
  "format/process-identity.ts",
  "format/regular-file.ts",
  "format/safetensors-file.ts",
  "speech/read-lists.ts",
  "text/corpus/line-places.ts",
  "vectors/rows-file.ts",
  "vectors/index-record.ts",
  "tune/best-model.ts",
  "tune/local-runner.ts",
  "tune/read-curve.ts",
  "tune/run-study.ts",
  "tune/study-file.ts",
  "tune/study-loop.ts",
  "tune/study-texts.ts",
  "tune/trial-work.ts",
  "tune/trial-worker.ts",
]);

/** Files that import one of NODE_FILES without touching Node themselves; they run on Node only. */
const ON_NODE = new Set(["engine/create.ts"]);

/** One import: what it says, and the line where. */
interface Import {
  readonly specifier: string;
  readonly line: number;
}

/**
 * Violations among files, one line each.
 * @param files text by path below src/, with "/" between
 */
export function checkImports(files: ReadonlyMap<string, string>): string[] {
  const violations: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [file, text] of files) {
    const room = roomOf(file);
    const targets: string[] = [];
    graph.set(file, targets);
    if (room === undefined) {
      violations.push(`src/${file}: its folder is none of the rooms ${ROOMS.join(", ")}`);
      continue;
    }
    for (const { specifier, line } of importsOf(text)) {
      const problem = problemOf(file, specifier, files);
      if (problem) violations.push(`src/${file}:${line}: imports ${specifier}, but ${problem}`);
      const target = targetOf(file, specifier);
      if (target !== undefined && files.has(target)) targets.push(target);
    }
  }
  for (const file of files.keys()) {
    if (!ANYWHERE_ROOMS.has(roomOf(file) ?? "")) continue;
    const way = wayToNode(file, files, graph);
    if (way) violations.push(`src/${file} has to run anywhere, but leads to Node: ${way.join(" -> ")}`);
  }
  for (const cycle of cycles(graph)) {
    violations.push(`circle: ${[...cycle, cycle[0]!].map((file) => `src/${file}`).join(" -> ")}`);
  }
  return violations;
}

/** Why this file may not import that; undefined when it may. */
function problemOf(file: string, specifier: string, files: ReadonlyMap<string, string>): string | undefined {
  const room = roomOf(file)!;
  const usesNode = NODE_ROOMS.has(room) || NODE_FILES.has(file);
  if (isNodeModule(specifier)) {
    return usesNode ? undefined : "it is not among the files that may import Node's modules";
  }
  const target = targetOf(file, specifier);
  if (target === undefined) return undefined;
  if (target.startsWith("../")) return "that is outside of src/";
  if (!files.has(target)) return "there is no such file";
  const other = roomOf(target);
  if (other === undefined) return undefined;
  if (ROOMS.indexOf(other) > ROOMS.indexOf(room)) return `${room} may not know ${other}`;
  if (other === room && partRank(target, room) > partRank(file, room)) {
    return `${partOf(file) || `a file of ${room}/ itself`} may not know ${partOf(target)}`;
  }
  if (NODE_FILES.has(target) || ON_NODE.has(target)) {
    if (!usesNode && !ON_NODE.has(file))
      return "that file runs on Node only and this one has to run anywhere";
  }
  return undefined;
}

/** A shortest way of imports from a file to one of Node's modules; undefined where there is none. */
function wayToNode(
  start: string,
  files: ReadonlyMap<string, string>,
  graph: ReadonlyMap<string, readonly string[]>,
): string[] | undefined {
  const ways: string[][] = [[start]];
  const seen = new Set([start]);
  for (const way of ways) {
    const file = way.at(-1)!;
    const module = importsOf(files.get(file)!).find(({ specifier }) => isNodeModule(specifier));
    if (module) return [...way.map((step) => `src/${step}`), module.specifier];
    for (const next of graph.get(file) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return undefined;
}

function roomOf(file: string): (typeof ROOMS)[number] | undefined {
  const folder = file.includes("/")
    ? file.slice(0, file.indexOf("/"))
    : SHARED.has(file)
      ? "shared"
      : "entry";
  return ROOMS.find((room) => room === folder);
}

/** The folder of a file inside its room; "" where it lies in the room's own. */
function partOf(file: string): string {
  return file.split("/").slice(1, -1)[0] ?? "";
}

/** The place of a file's part in its room's order; −1 for the lowest. */
function partRank(file: string, room: (typeof ROOMS)[number]): number {
  return PARTS[room]?.indexOf(partOf(file)) ?? -1;
}

/** The path below src/ that a relative import means; undefined for packages. */
function targetOf(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return posix.join(posix.dirname(file), specifier).replace(/\.js$/, ".ts");
}

function isNodeModule(specifier: string): boolean {
  return specifier.startsWith("node:") || builtinModules.includes(specifier.split("/")[0]!);
}

// A string or template, kept, or a comment, which is blanked.
const STRING_OR_COMMENT = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\/\*[^]*?\*\/|\/\/.*/g;
const STATIC = /^[ \t]*(?:import|export)\b(?:[^"';=()]*?\bfrom)?\s*["']([^"'\n]+)["']/gm;
const DYNAMIC = /\b(?:import|require)\s*\(\s*["']([^"'\n]+)["']/g;

/** The imports of a module: static, re-exports, dynamic ones of a literal, and types by import(). */
export function importsOf(text: string): Import[] {
  const code = text.replaceAll(STRING_OR_COMMENT, (piece) =>
    piece.startsWith("/") ? piece.replaceAll(/[^\n]/g, " ") : piece,
  );
  return [...code.matchAll(STATIC), ...code.matchAll(DYNAMIC)]
    .map((match) => ({ specifier: match[1]!, line: lineOf(code, match.index + match[0].length) }))
    .toSorted((a, b) => a.line - b.line);
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

/** One circle for each group of files that reach each other (Tarjan's strongly connected components). */
function cycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    low.set(file, order.get(file)!);
    stack.push(file);
    for (const target of graph.get(file)!) {
      if (!order.has(target)) visit(target);
      if (stack.includes(target)) low.set(file, Math.min(low.get(file)!, low.get(target)!));
    }
    if (low.get(file) !== order.get(file)) return;
    const group = new Set(stack.splice(stack.indexOf(file)));
    if (group.size > 1 || graph.get(file)!.includes(file)) found.push(circleFrom(file, group, graph));
  };
  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return found;
}

/** A shortest way from a file back to itself inside its group. */
function circleFrom(
  start: string,
  group: ReadonlySet<string>,
  graph: ReadonlyMap<string, readonly string[]>,
): string[] {
  const ways: string[][] = [[start]];
  const seen = new Set<string>();
  for (const way of ways) {
    for (const next of graph.get(way.at(-1)!)!) {
      if (next === start) return way;
      if (!group.has(next) || seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  throw new Error(`${start} lies in no circle`);
}

/** The TypeScript files below a folder, by path from it. */
function readSources(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  return new Map(
    names.toSorted().map((name) => [name.split(sep).join("/"), readFileSync(join(folder, name), "utf8")]),
  );
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const sources = readSources(fileURLToPath(new URL("../src/", import.meta.url)));
  const violations = checkImports(sources);
  for (const violation of violations) console.error(violation);
  if (violations.length > 0) process.exitCode = 1;
  else console.log(`${sources.size} files import only what they may.`);
}
