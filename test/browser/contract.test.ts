/** The contract in Chromium: in a page that is cross-origin isolated, with threads, and in one that is not. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const executablePath = process.env["RECURRA_CHROMIUM"] ?? "/usr/bin/chromium";
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** The two workers as bundles, by their path. */
async function bundles(): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: [here("contract-worker.ts"), here("pool-worker.ts")],
    alias: { vitest: here("vitest-in-page.ts") },
    bundle: true,
    format: "esm",
    outdir: "/",
    write: false,
  });
  return new Map(outputFiles.map(({ path, contents }) => [path, contents]));
}

/** Serves a bare page, the workers and the modules. */
function serve(scripts: ReadonlyMap<string, Uint8Array>, headers: Readonly<Record<string, string>>): Server {
  return createServer(async ({ url = "/" }, response) => {
    const [type, body] = url.endsWith(".wasm")
      ? ["application/wasm", await readFile(here(`../../wasm/${url.slice(1)}`))]
      : scripts.has(url)
        ? ["text/javascript", scripts.get(url)!]
        : ["text/html", "<!doctype html><title>contract</title>"];
    response.writeHead(200, { "Content-Type": type, ...headers }).end(body);
  }).listen(0, "127.0.0.1");
}

/** What the page's worker posts back. A string, as the page's own types are not known here. */
const RUN = `new Promise((resolve, reject) => {
  const worker = new Worker("/contract-worker.js", { type: "module" });
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => reject(new Error(message));
})`;

interface Report {
  readonly engines: readonly string[];
  readonly refused?: string;
  readonly passed: number;
  readonly failures: readonly string[];
}

describe.skipIf(!existsSync(executablePath))(`Chromium (${executablePath})`, () => {
  let browser: Browser;
  let scripts: Map<string, Uint8Array>;
  beforeAll(async () => {
    scripts = await bundles();
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  });
  afterAll(async () => browser?.close());

  async function contractIn(headers: Readonly<Record<string, string>>): Promise<Report> {
    const server = serve(scripts, headers);
    try {
      const page = await browser.newPage();
      const { port } = server.address() as AddressInfo;
      await page.goto(`http://127.0.0.1:${port}/`);
      return await page.evaluate<Report>(RUN);
    } finally {
      server.close();
    }
  }

  test("an isolated page: both instruction sets, one thread and two", { timeout: 240_000 }, async () => {
    const { engines, passed, failures } = await contractIn(ISOLATED);
    expect(failures).toEqual([]);
    expect(engines).toEqual(
      ["relaxed-simd", "simd128"].flatMap((isa) => [1, 2].map((n) => `${isa}, ${n} thread(s)`)),
    );
    expect(passed).toBeGreaterThan(4 * 10);
  });

  test(
    "a page that is not: one thread, and two are refused with the headers' names",
    { timeout: 240_000 },
    async () => {
      const { engines, refused, failures } = await contractIn({});
      expect(failures).toEqual([]);
      expect(engines).toEqual(["relaxed-simd, 1 thread(s)", "simd128, 1 thread(s)"]);
      expect(refused).toMatch(/Cross-Origin-Opener-Policy/);
    },
  );
});
