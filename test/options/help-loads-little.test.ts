/** Help comes at once: no engine, layer, tokenizer or file of a model is loaded for it, only names and sentences. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

// The list of commands takes nothing of any of them.
test.each([
  [["--help"], ["cli", "format"]],
  [
    ["train", "--help"],
    ["cli", "format", "options"],
  ],
  [
    ["generate", "--help"],
    ["cli", "format", "options"],
  ],
])("recurra %j", (argv, expected) => {
  const folder = mkdtempSync(join(tmpdir(), "recurra-help-"));
  try {
    execFileSync(process.execPath, [main, ...argv], {
      env: { ...process.env, NODE_V8_COVERAGE: folder },
      stdio: "ignore",
    });
    const modules = readdirSync(folder).flatMap((name) => {
      const { result } = JSON.parse(readFileSync(join(folder, name), "utf8")) as {
        result: { url: string }[];
      };
      return result.flatMap(({ url }) => url.split("/dist/")[1] ?? []);
    });
    const rooms = new Set(modules.filter((path) => path.includes("/")).map((path) => path.split("/")[0]!));
    expect(modules).toContain("cli/program.js");
    // system-error.js says what a full disk is.
    expect([...rooms].toSorted()).toEqual(expected);
    expect(modules.filter((path) => path.startsWith("format/"))).toEqual(["format/system-error.js"]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
