/**
 * Makes the packages to publish: `recurra` (TypeScript compiled, WebAssembly modules, no install script), and the native
 * addon of the machine that this runs on as a package of its own, which npm installs only where it fits:
 *
 *     npm run build && npx tsx scripts/make-packages.ts [folder]      (default: packages/)
 *
 * `recurra` names the native packages as optional dependencies. One for another platform is made by the same command on
 * such a machine; what has none there computes with WebAssembly.
 */
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Platforms that the addon's source is for. Windows is not among them: its threads are POSIX's. */
const PLATFORMS = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"] as const;

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly engines: object;
  readonly scripts?: object;
  readonly devDependencies?: object;
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly files: readonly string[];
}

const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
const nativeName = (platform: string) => `@recurra/native-${platform}`;

/** The package of everything but the addon, laid out in `folder`. */
function layOutMain(folder: string): void {
  const { scripts: _, devDependencies: __, ...kept } = manifest;
  // Sources are for the checkout; the addon is not compiled where the package is installed.
  const exports = Object.fromEntries(
    Object.entries(manifest.exports).map(([name, { "recurra-source": ___, ...rest }]) => [name, rest]),
  );
  const files = manifest.files.filter((file) => file !== "native" && file !== "binding.gyp");
  const optionalDependencies = Object.fromEntries(
    PLATFORMS.map((platform) => [nativeName(platform), manifest.version]),
  );
  writeManifest(folder, { ...kept, exports, files, optionalDependencies });
  for (const file of files.filter((name) => !name.startsWith("!")))
    cpSync(join(root, file), join(folder, file), { recursive: true });
}

/** The package of this machine's addon. */
function layOutNative(folder: string, platform: string): void {
  const [os, cpu] = platform.split("-") as [string, string];
  const { version, license, engines } = manifest;
  writeManifest(folder, {
    name: nativeName(platform),
    version,
    license,
    engines,
    description: `The native engine of recurra for ${os}, ${cpu}.`,
    os: [os],
    cpu: [cpu],
    ...(os === "linux" && { libc: ["glibc"] }),
    main: "recurra.node",
    files: ["recurra.node", "LICENSE"],
  });
  copyFileSync(join(root, "build/Release/recurra.node"), join(folder, "recurra.node"));
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
}

function writeManifest(folder: string, content: object): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(content, null, 2)}\n`);
}

/** @returns the file that was made */
function pack(folder: string, out: string): string {
  const args = ["pack", "--silent", "--ignore-scripts", "--pack-destination", out];
  const name = execFileSync("npm", args, { cwd: folder, encoding: "utf8" }).trim().split("\n").at(-1)!;
  return join(out, name);
}

const out = resolve(process.argv[2] ?? "packages");
const here = `${process.platform}-${process.arch}`;
for (const needed of ["dist/cli/main.js", "wasm", "build/Release/recurra.node"]) {
  if (existsSync(join(root, needed))) continue;
  console.error(`There is no ${needed}; run "npm run build" first.`);
  process.exit(2);
}
mkdirSync(out, { recursive: true });
const scratch = mkdtempSync(join(tmpdir(), "recurra-packages-"));
try {
  layOutMain(join(scratch, "main"));
  layOutNative(join(scratch, "native"), here);
  for (const folder of ["main", "native"]) {
    const file = pack(join(scratch, folder), out);
    console.log(`${file}  ${(statSync(file).size / 1e6).toFixed(2)} MB`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
const others = PLATFORMS.filter((platform) => platform !== here).map(nativeName);
console.log(`Not built here: ${others.join(", ")}; run the same on such machines.`);
