/** The page in which the contract runs, in whatever browser: it starts contract-worker.ts and waits for its report. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** The headers of a page that is cross-origin isolated. */
export const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** An expression for the page: a promise of what its worker posts back. A string, as the page's own types are not known here. */
export const RUN = `new Promise((resolve, reject) => {
  const worker = new Worker("/contract-worker.js", { type: "module" });
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => reject(new Error(message));
})`;

export interface Report {
  readonly engines: readonly string[];
  readonly refused?: string;
  readonly passed: number;
  readonly failures: readonly string[];
}

/** Serves a bare page, the two workers as bundles, and the modules. */
export async function serveContract(headers: Readonly<Record<string, string>>): Promise<{
  readonly address: string;
  readonly close: () => void;
}> {
  const { outputFiles } = await build({
    entryPoints: [here("contract-worker.ts"), here("pool-worker.ts")],
    alias: { vitest: here("vitest-in-page.ts") },
    bundle: true,
    format: "esm",
    outdir: "/",
    write: false,
  });
  const scripts = new Map(outputFiles.map(({ path, contents }) => [path, contents]));
  const server = createServer(async ({ url = "/" }, response) => {
    const [type, body] = url.endsWith(".wasm")
      ? ["application/wasm", await readFile(here(`../../wasm/${url.slice(1)}`))]
      : scripts.has(url)
        ? ["text/javascript", scripts.get(url)!]
        : ["text/html", "<!doctype html><title>contract</title>"];
    response.writeHead(200, { "Content-Type": type, ...headers }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => server.close(),
  };
}
