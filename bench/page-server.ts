/** Serves a page and the files of the built package to a browser of this machine, isolated, so that there are threads. */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const TYPES: Readonly<Record<string, string>> = { ".js": "text/javascript", ".wasm": "application/wasm" };

/** @param page served at / @param folders by the first part of a path, such as "model": where its files lie instead */
export function servePage(page: string, folders: Readonly<Record<string, string>> = {}): Server {
  return createServer((request, response) => {
    const path = normalize(request.url ?? "/");
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    if (path === "/") {
      response.writeHead(200, { "Content-Type": "text/html" }).end(page);
      return;
    }
    const [, first = "", ...rest] = path.split("/");
    const folder = folders[first];
    try {
      const body = readFileSync(folder === undefined ? join(ROOT, path) : join(folder, ...rest));
      response.writeHead(200, { "Content-Type": TYPES[extname(path)] ?? "text/plain" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  }).listen(0, "127.0.0.1");
}
