/**
 * Bundles the command line into dist/cli: a command then starts from a few files in place of more than a hundred, which is
 * sooner. Parts that only some commands need stay files of their own. All lie in that one folder, as deep below the
 * package as their sources, so that addresses relative to a module hold.
 */
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("../", import.meta.url));
const out = `${root}dist/cli`;

const bundled = await rolldown({
  input: { main: `${root}src/cli/main.ts` },
  platform: "node",
  // Node's modules and the packages that recurra depends on.
  external: (id) => !id.startsWith(".") && !id.startsWith("/"),
  resolve: { extensionAlias: { ".js": [".ts", ".js"] } },
  onLog(level, log) {
    throw new Error(`${level}: ${log.message}`);
  },
});
// What the compiler put there is in the bundle.
rmSync(out, { recursive: true, force: true });
const { output } = await bundled.write({
  dir: out,
  format: "esm",
  sourcemap: true,
  entryFileNames: "[name].js",
  chunkFileNames: "[name]-[hash].js",
});
await bundled.close();
const scripts = output.filter((file) => file.type === "chunk");
const bytes = scripts.reduce((sum, { code }) => sum + code.length, 0);
console.log(`the command line: ${scripts.length} files, ${(bytes / 1000).toFixed(0)} kB`);
