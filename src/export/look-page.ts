/** A look into a model as one HTML file: figures as data, and the script that draws them. It asks no network for anything. */
import { escapeHtml } from "./html-page.js";

/** The files of the build that every report has. */
export interface LookAssets {
  /** dist/browser-bundle/look-page.js and look-page.css */
  readonly script: string;
  readonly style: string;
}

/** Nothing is fetched, and nothing runs but what is in the file. */
const POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

/** @param name of the model @param report what `look` returned */
export function lookPage(name: string, report: object, { script, style }: LookAssets): string {
  const title = `${name}: a look inside`;
  // In a script only "<" can begin what would end it, or a comment.
  const data = JSON.stringify({ name, report }).replaceAll("<", String.raw`\u003c`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="generator" content="recurra">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${style.replaceAll("</", "<\\/")}</style>
</head>
<body>
<main id="app"><h1>${escapeHtml(title)}</h1><noscript>This report is drawn by a script, which this browser does not run.</noscript></main>
<script type="application/json" id="data">${data}</script>
<script>${script.replaceAll(/<(?=\/script|!--|script)/gi, String.raw`\x3c`)}</script>
</body>
</html>
`;
}
