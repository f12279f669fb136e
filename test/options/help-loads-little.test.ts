/** Help comes at once: no engine, layer, tokenizer or file of a model is loaded for it, only names and sentences. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

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
    execFileSync(process.execPath, ["--import", "tsx", main, ...argv], {
      env: { ...process.env, NODE_V8_COVERAGE: folder },
      stdio: "ignore",
    });
    const modules = readdirSync(folder).flatMap((name) => {
      const { result } = JSON.parse(readFileSync(join(folder, name), "utf8")) as {
        result: { url: string }[];
      };
      return result.flatMap(({ url }) =>
        url.includes("/node_modules/") ? [] : (url.split("/src/")[1] ?? []),
      );
    });
    const rooms = new Set(modules.filter((path) => path.includes("/")).map((path) => path.split("/")[0]!));
    expect(modules).toContain("cli/program.ts");
    // system-error.ts says what a full disk is.
    expect([...rooms].toSorted()).toEqual(expected);
    expect(modules.filter((path) => path.startsWith("format/"))).toEqual(["format/system-error.ts"]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
