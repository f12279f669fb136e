import { describe, expect, it } from "vitest";
import { checkImports, importsOf } from "../../scripts/check-imports.js";

/** Violations among these files; imports given as "from" to what they import. */
function check(files: Record<string, string[]>): string[] {
  const texts = Object.entries(files).map(
    ([file, imports]) => [file, imports.map((specifier) => `import "${specifier}";\n`).join("")] as const,
  );
  return checkImports(new Map(texts));
}

describe("checkImports", () => {
  it("lets the browser's room lead to none of Node's modules, by whatever way", () => {
    const files = { "apps/a.ts": ["node:fs"], "apps/b.ts": [], "apps/c.ts": ["./a.js"] };
    expect(check({ ...files, "browser/x.ts": ["../apps/b.js"] })).toEqual([]);
    expect(check({ ...files, "browser/x.ts": ["../apps/c.js"] })).toEqual([
      "src/browser/x.ts has to run anywhere, but leads to Node: src/browser/x.ts -> src/apps/c.ts -> src/apps/a.ts -> node:fs",
    ]);
  });

  it("lets rooms import themselves, rooms below, packages, and what is shared", () => {
    const violations = check({
      "errors.ts": [],
      "engine/engine.ts": ["../errors.js"],
      "layers/lstm.ts": ["../engine/engine.js", "zod"],
      "model/model.ts": ["../layers/lstm.js", "./config.js"],
      "model/config.ts": [],
      "train/loop.ts": ["node:fs", "../model/model.js"],
      "index.ts": ["./train/loop.js"],
      "cli/main.ts": ["../index.js", "commander"],
    });
    expect(violations).toEqual([]);
  });

  it("finds an import of a room above", () => {
    expect(check({ "engine/a.ts": ["../layers/b.js"], "layers/b.ts": [] })).toEqual([
      "src/engine/a.ts:1: imports ../layers/b.js, but engine may not know layers",
    ]);
    expect(check({ "format/a.ts": ["../text/b.js"], "text/b.ts": [] })).toHaveLength(1);
    expect(check({ "errors.ts": ["./engine/a.js"], "engine/a.ts": [] })).toHaveLength(1);
    expect(check({ "index.ts": ["./cli/main.js"], "cli/main.ts": [] })).toHaveLength(1);
  });

  it("finds an import of a part above, in a room whose parts have an order", () => {
    const parts = {
      "text/limits.ts": [],
      "text/corpus/lines.ts": ["../limits.js"],
      "text/tokenizers/a.ts": [],
    };
    expect(check({ ...parts, "text/windows/w.ts": ["../corpus/lines.js", "../tokenizers/a.js"] })).toEqual(
      [],
    );
    expect(check({ ...parts, "text/tokenizers/b.ts": ["../corpus/lines.js"] })).toEqual([
      "src/text/tokenizers/b.ts:1: imports ../corpus/lines.js, but tokenizers may not know corpus",
    ]);
    expect(check({ ...parts, "text/a.ts": ["./corpus/lines.js"] })).toHaveLength(1);
    expect(
      check({ ...parts, "text/corpus/a.ts": ["../windows/w.js"], "text/windows/w.ts": [] }),
    ).toHaveLength(1);
  });

  it("finds Node's modules where they may not be, with or without node:, and on the second line", () => {
    expect(check({ "model/a.ts": ["zod", "node:fs/promises"] })).toEqual([
      "src/model/a.ts:2: imports node:fs/promises, but it is not among the files that may import Node's modules",
    ]);
    expect(check({ "generate/a.ts": ["fs"] })).toHaveLength(1);
    expect(check({ "engine/create.ts": ["node:os"] })).toHaveLength(1);
    expect(check({ "engine/native-loader.ts": ["node:os"], "format/atomic-file.ts": ["node:fs"] })).toEqual(
      [],
    );
  });

  it("finds a file for everywhere that imports one for Node", () => {
    const files = { "format/atomic-file.ts": ["node:fs"], "format/safetensors.ts": ["./atomic-file.js"] };
    expect(check(files)).toEqual([
      "src/format/safetensors.ts:1: imports ./atomic-file.js, but that file runs on Node only and this one has to run anywhere",
    ]);
    const loader = { "engine/native-loader.ts": ["node:os"], "engine/create.ts": ["./native-loader.js"] };
    expect(check(loader)).toEqual([]);
    expect(check({ ...loader, "layers/a.ts": ["../engine/create.js"] })).toHaveLength(1);
    expect(check({ ...loader, "train/a.ts": ["../engine/create.js"] })).toEqual([]);
  });

  it("finds each circle once, as a way that can be followed", () => {
    const files = {
      "model/a.ts": ["./b.js"],
      "model/b.ts": ["./c.js", "./d.js"],
      "model/c.ts": ["./a.js"],
      "model/d.ts": [],
      "train/self.ts": ["./self.js"],
    };
    expect(check(files)).toEqual([
      "circle: src/model/a.ts -> src/model/b.ts -> src/model/c.ts -> src/model/a.ts",
      "circle: src/train/self.ts -> src/train/self.ts",
    ]);
  });

  it("finds a folder that is no room, a file that is not there, and what lies outside", () => {
    expect(check({ "helpers/a.ts": [] })[0]).toContain("src/helpers/a.ts: its folder is none of the rooms");
    expect(check({ "model/a.ts": ["./gone.js"] })[0]).toContain("there is no such file");
    expect(check({ "cli/a.ts": ["../../scripts/x.js"] })[0]).toContain("that is outside of src/");
  });
});

describe("importsOf", () => {
  it("sees every way to import, and no comment or text that looks like one", () => {
    const text = `/* import "./comment.js"; */
import { a, type B } from "./named.js";
import type { C } from './type.js';
import d, {
  e, // from "./inner.js"
} from "./lines.js";
import "./effect.js";
export * from "./star.js";
export { f } from "./re-export.js";
const text = 'say "import" // not a comment';
const glob = "src/**/*.ts"; const g = await import("./dynamic.js"); /* */
export const h = "./constant.js";
type I = import("./type-of.js").I;
// import "./line.js";
const from = "x", j = "from './string.js'";
`;
    expect(importsOf(text)).toEqual([
      { specifier: "./named.js", line: 2 },
      { specifier: "./type.js", line: 3 },
      { specifier: "./lines.js", line: 6 },
      { specifier: "./effect.js", line: 7 },
      { specifier: "./star.js", line: 8 },
      { specifier: "./re-export.js", line: 9 },
      { specifier: "./dynamic.js", line: 11 },
      { specifier: "./type-of.js", line: 13 },
    ]);
  });
});
