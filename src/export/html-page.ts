/**
 * A model as one HTML file: its files, the runtime and the module that it computes with, all inside, so that it opens
 * from a disk and asks no network for anything. What is not weights is gzipped; all is base64, which needs no escaping.
 */
import { gzipSync } from "fflate";
import { FILE_NAMES, fileOf, type ModelFiles } from "../format/model-files.js";

/** The parts of an exported page that do not depend on the model. */
export interface PageAssets {
  /** dist/browser-bundle/page.js: the page's script, which is its worker's too. */
  readonly script: Uint8Array;
  /** dist/browser-bundle/page.css */
  readonly style: Uint8Array;
  /** wasm/recurra-simd128-inference.wasm, which every browser with SIMD runs. */
  readonly module: Uint8Array;
}

/** Shows nothing but what is in the file; the policy has the browser see to that. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline' blob: 'wasm-unsafe-eval'; worker-src blob:; style-src 'unsafe-inline'";

/** How every page begins, those of earlier versions too. */
const OPENING = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
`;
/** Says in the page's head that recurra made it. */
const MARK = '<meta name="generator" content="recurra">';
/** Bytes of a page within which it can be recognized. */
export const HEAD_BYTES = 1024;

/**
 * Whether a file is a page that was made here.
 * @param head its first HEAD_BYTES bytes, or all where it has fewer
 */
export function isExportedPage(head: Uint8Array): boolean {
  const text = new TextDecoder().decode(head);
  // The mark is younger than the opening.
  return text.startsWith(OPENING) || (text.startsWith("<!doctype html>") && text.includes(MARK));
}

/** Unpacks the script and runs it. */
const START = `(async () => {
  const bytes = Uint8Array.from(atob(document.getElementById("script").textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.src = URL.createObjectURL(new Blob([await new Response(stream).blob()], { type: "text/javascript" }));
  document.body.append(script);
})().catch((error) => {
  document.getElementById("status").textContent = "This browser is too old for this page: " + error.message;
});`;

const HTML: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as it may stand in an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => HTML[character]!);
}

/**
 * The page, in UTF-8.
 * @param title what the page is called
 * @throws UserError where a file of the model is missing
 */
export function htmlPage(
  title: string,
  files: ModelFiles,
  { script, style, module }: PageAssets,
): Uint8Array[] {
  const packed = (bytes: Uint8Array) => gzipSync(bytes, { level: 9, mtime: 0 });
  const utf8 = new TextEncoder();
  const pieces: Uint8Array[] = [];
  const write = (text: string) => pieces.push(utf8.encode(text));
  const block = (id: string, bytes: Uint8Array): void => {
    write(`<script type="text/plain" id="${id}">`);
    pieces.push(...base64(bytes));
    write("</script>\n");
  };
  write(`${OPENING}${MARK}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${new TextDecoder().decode(style).replaceAll("</", "<\\/")}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p id="about"></p>
<div id="app"></div>
<p id="status" role="status">Unpacking the model …</p>
</main>
`);
  block("module", packed(module));
  block("config", packed(fileOf(files, FILE_NAMES.config)));
  block("tokenizer", packed(fileOf(files, FILE_NAMES.tokenizer)));
  block("weights", fileOf(files, FILE_NAMES.weights));
  block("script", packed(script));
  write(`<script>${START}</script>\n</body>\n</html>\n`);
  return pieces;
}

/** Bytes that become one string at a time; a multiple of three, so that the pieces join. */
const SLICE = 3 << 13;

function* base64(bytes: Uint8Array): Generator<Uint8Array> {
  const utf8 = new TextEncoder();
  for (let at = 0; at < bytes.length; at += SLICE) {
    yield utf8.encode(btoa(String.fromCharCode(...bytes.subarray(at, at + SLICE))));
  }
}
