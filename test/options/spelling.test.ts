/** Each face spells options itself: the library writes no flag into a sentence. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const src = fileURLToPath(new URL("../../src/", import.meta.url));
const COMMENT = /\/\*[^]*?\*\/|(?<=^|\s)\/\/.*/g;
/** A flag in a text: not the operator `--`, nor a dash of a comment. */
const FLAG = /["'`\s(]--[a-z][a-z-]+/g;

test("no flag stands in the library's code", () => {
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".ts") && !name.startsWith("cli"),
  );
  expect(files.length).toBeGreaterThan(100);
  const found = files.flatMap((name) => {
    const code = readFileSync(join(src, name), "utf8").replaceAll(COMMENT, "");
    return [...code.matchAll(FLAG)].map(([flag]) => `${name}: ${flag.trim()}`);
  });
  // The loop counts down.
  expect(found.filter((line) => !line.endsWith("(--end"))).toEqual([]);
});
