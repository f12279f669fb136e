/** What can befall the files of a folder, and what stands in it. */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import fc from "fast-check";
import {
  type JsonMutation,
  jsonMutations,
  type Mutation,
  mutated,
  mutatedJsonFile,
  mutations,
} from "./mutations.js";
import { withCheckpointHeader, withHeader } from "./safetensors-header.js";

/** Something that befell one file of a folder. */
export interface Mishap {
  /** Which of the files that the target names. */
  readonly file: number;
  readonly kind: (typeof KINDS)[number];
  readonly bytes: readonly Mutation[];
  readonly json: readonly JsonMutation[];
}

const KINDS = [
  "bytes",
  "json",
  "header",
  "removed",
  "empty",
  "folder",
  "filled folder",
  "pipe",
  "link to itself",
  "link to nothing",
  "link to a folder",
  "link to another",
  "device",
  "from the other",
  "sparse",
] as const;

/** @param files how many there are to choose from */
export const mishaps = (files: number): fc.Arbitrary<readonly Mishap[]> =>
  fc.array(
    fc.record({
      file: fc.nat(files - 1),
      kind: fc.oneof(
        { weight: 2, arbitrary: fc.constantFrom(...KINDS) },
        fc.constantFrom("bytes" as const, "json" as const, "header" as const),
      ),
      bytes: mutations,
      json: jsonMutations,
    }),
    { minLength: 1, maxLength: 2 },
  );

const SPARSE_BYTES = 2 ** 36;

/**
 * Lets it happen.
 * @param path of the file
 * @param other of the file of that name in another folder of the kind
 * @param outside a folder that links may lead to
 */
export function befall(path: string, { kind, bytes, json }: Mishap, other: string, outside: string): void {
  const content = contentOf(path);
  if (kind === "bytes" || kind === "json" || kind === "header") {
    if (!content) return;
    writeFileSync(path, kind === "bytes" ? mutated(content, bytes) : changed(path, content, kind, json));
    return;
  }
  rmSync(path, { recursive: true, force: true });
  mkdirSync(dirname(path), { recursive: true });
  switch (kind) {
    case "removed":
      return;
    case "empty":
      return writeFileSync(path, "");
    case "folder":
      return void mkdirSync(path);
    case "filled folder":
      mkdirSync(path);
      return writeFileSync(join(path, "notes.md"), "notes");
    case "pipe":
      return void execFileSync("mkfifo", [path]);
    case "link to itself":
      return symlinkSync(basename(path), path);
    case "link to nothing":
      return symlinkSync("nothing", path);
    case "link to a folder":
      return symlinkSync(outside, path);
    case "link to another": {
      const target = join(outside, basename(path));
      if (content) writeFileSync(target, content);
      return symlinkSync(target, path);
    }
    case "device":
      return symlinkSync("/dev/zero", path);
    case "from the other":
      return existsSync(other) ? cpSync(other, path, { recursive: true }) : undefined;
    case "sparse":
      writeFileSync(path, content ?? "");
      return truncateSync(path, SPARSE_BYTES);
  }
}

function contentOf(path: string): Uint8Array | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isFile() && found.size < 2 ** 24 ? new Uint8Array(readFileSync(path)) : undefined;
}

function changed(
  path: string,
  content: Uint8Array,
  kind: "json" | "header",
  json: readonly JsonMutation[],
): Uint8Array {
  try {
    if (!path.endsWith(".safetensors")) return mutatedJsonFile(Buffer.from(content).toString(), { json });
    return kind === "header" ? withHeader(content, json) : withCheckpointHeader(content, json);
  } catch {
    // An earlier mishap left nothing that could be changed in this way.
    return content;
  }
}

/** Every path below a folder, and what it is: for files their content. */
export function treeOf(folder: string, below = ""): Map<string, string> {
  const tree = new Map<string, string>();
  for (const name of readdirSync(join(folder, below))) {
    const path = below === "" ? name : `${below}/${name}`;
    const whole = join(folder, path);
    const found = lstatSync(whole);
    if (found.isDirectory()) {
      tree.set(path, "folder");
      for (const [inner, kind] of treeOf(folder, path)) tree.set(inner, kind);
    } else if (found.isSymbolicLink()) tree.set(path, `link to ${readlinkSync(whole)}`);
    else if (!found.isFile()) tree.set(path, "pipe");
    else
      tree.set(path, found.size < 2 ** 24 ? readFileSync(whole).toString("base64") : `${found.size} bytes`);
  }
  return tree;
}

/** @throws Error that names the first path that is not as it was */
export function checkSame(
  what: string,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): void {
  for (const [path, kind] of before) {
    const now = after.get(path);
    if (now === undefined) throw new Error(`${what}: ${path} was removed`);
    if (now !== kind) throw new Error(`${what}: ${path} was changed`);
  }
  for (const path of after.keys()) if (!before.has(path)) throw new Error(`${what}: ${path} was made`);
}
