/** A report as one HTML file: figures as data, and the script that draws them. It asks no network for anything. */
import { escapeHtml } from "./html-page.js";

/** The files of the build that a report has. */
export interface ReportAssets {
  readonly script: string;
  readonly style: string;
}

/** Nothing is fetched, and nothing runs but what is in the file. */
const POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

/** @param data what the script finds, as JSON, in the element `data` */
export function reportPage(title: string, data: object, { script, style }: ReportAssets): string {
  // In a script only "<" can begin what would end it, or a comment.
  const json = JSON.stringify(data).replaceAll("<", String.raw`\u003c`);
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
<script type="application/json" id="data">${json}</script>
<script>${script.replaceAll(/<(?=\/script|!--|script)/gi, String.raw`\x3c`)}</script>
</body>
</html>
`;
}
