/** The packages as they are published: installed without scripts into an empty folder, with the native one and without. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toyText } from "../train/toy-text.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "recurra-packages-"));
const packages = join(folder, "packages");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const built =
  existsSync(join(root, "dist/cli/main.js")) && existsSync(join(root, "build/Release/recurra.node"));
// The runtime's few dependencies come from a registry, or from npm's cache.
const reached = spawnSync("npm", ["view", "picocolors", "version"], { encoding: "utf8" }).status === 0;
const reason = !built ? "nothing is built" : !reached ? "no registry is reached" : "";
if (reason && process.env["CI"]) throw new Error(`The packages cannot be tested: ${reason}.`);

const environment = (): NodeJS.ProcessEnv => {
  const { RECURRA_ENGINE: _, RECURRA_ISA: __, RECURRA_ADDON: ___, ...rest } = process.env;
  return rest;
};

/** An empty folder with these packages installed. */
function installed(name: string, files: readonly string[]): string {
  const place = join(folder, name);
  mkdirSync(place);
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  execFileSync("npm", ["install", ...flags, ...files], { cwd: place, stdio: "pipe", env: environment() });
  writeFileSync(join(place, "text.txt"), toyText(200));
  return place;
}

const run = (place: string, ...args: string[]) =>
  spawnSync("npx", ["--no-install", "recurra", ...args], {
    cwd: place,
    encoding: "utf8",
    env: environment(),
  });

function trainsAndWrites(place: string): { train: string; text: string } {
  const sizes = ["--hidden", "16", "--batch-size", "4", "--seq-len", "16", "--steps", "20"];
  const trained = run(place, "train", "text.txt", ...sizes, "--out", "text.model");
  expect(trained.stderr + trained.stdout).toMatch(/Finished after 20 steps/);
  expect(trained.status).toBe(0);
  const { status, stdout } = run(place, "generate", "text.model", "--length", "40", "--seed", "1");
  expect(status).toBe(0);
  return { train: trained.stderr, text: stdout };
}

describe.skipIf(reason !== "")(`packages${reason && `: skipped, as ${reason}`}`, () => {
  let [main, native] = ["", ""];
  beforeAll(() => {
    execFileSync("npx", ["tsx", "scripts/make-packages.ts", packages], { cwd: root, stdio: "pipe" });
    const files = readdirSync(packages);
    main = join(
      packages,
      files.find((file) => /^recurra-\d/.test(file))!,
    );
    native = join(
      packages,
      files.find((file) => file.startsWith("recurra-native-"))!,
    );
  }, 120_000);

  test("with the native package it trains and writes natively, and nothing is compiled", () => {
    const place = installed("native", [main, native]);
    const manifest = JSON.parse(
      readFileSync(join(place, "node_modules/recurra/package.json"), "utf8"),
    ) as Record<string, unknown>;
    expect(manifest["scripts"]).toBeUndefined();
    expect(existsSync(join(place, "node_modules/recurra/binding.gyp"))).toBe(false);
    const { train, text } = trainsAndWrites(place);
    expect(train).not.toMatch(/WebAssembly/);
    expect(text.length).toBeGreaterThan(40);
    expect(run(place, "info").stdout).toMatch(/native/);
  }, 180_000);

  test("without it WebAssembly trains and writes, which is said in one line", () => {
    const place = installed("wasm", [main]);
    const { train, text } = trainsAndWrites(place);
    expect(
      train.match(/computes with WebAssembly, which is slower: .*@recurra\/native-\S+ is not installed/g),
    ).toHaveLength(1);
    expect(text.length).toBeGreaterThan(40);
  }, 180_000);

  test("the types need none of Node's to be there", () => {
    const place = join(folder, "native");
    // Without skipLibCheck every file of types that these reach is looked at.
    writeFileSync(join(place, "node.ts"), 'export * from "recurra";\n');
    writeFileSync(join(place, "browser.ts"), 'export * from "recurra/browser";\n');
    const compilerOptions = {
      target: "es2022",
      module: "nodenext",
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      types: [],
    };
    const config = { compilerOptions, files: ["node.ts", "browser.ts"] };
    writeFileSync(join(place, "tsconfig.json"), JSON.stringify(config));
    expect(existsSync(join(place, "node_modules/@types/node"))).toBe(false);
    const tsc = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", place], { encoding: "utf8" });
    expect(tsc.stdout + tsc.stderr).toBe("");
    expect(tsc.status).toBe(0);
  }, 60_000);

  test("the library and its types are found by name", () => {
    const place = join(folder, "native");
    const script =
      'import("recurra").then(({ load }) => load("text.model")).then((m) => console.log(m.tokenizer.kind))';
    expect(execFileSync("node", ["-e", script], { cwd: place, encoding: "utf8" })).toBe("char\n");
    const options =
      'import("recurra/options").then(({ TRAIN_OPTIONS }) => console.log(TRAIN_OPTIONS.batchSize.default))';
    expect(execFileSync("node", ["-e", options], { cwd: place, encoding: "utf8" })).toBe("32\n");
    expect(existsSync(join(place, "node_modules/recurra/dist/options/index.d.ts"))).toBe(true);
    expect(existsSync(join(place, "node_modules/recurra/dist/index.d.ts"))).toBe(true);
    expect(existsSync(join(place, "node_modules/recurra/dist/browser/index.d.ts"))).toBe(true);
  }, 60_000);
});
