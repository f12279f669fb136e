/** Explanations as a page: texts whose words are coloured by what they did. It asks no network for anything. */
import { type Explanation, strongest } from "../explain/explanation.js";
import { escapeHtml } from "./html-page.js";

/** Red, green, blue: blue for what made the target more probable, orange for what made it less, told apart by every eye. */
const MORE = "37,119,214";
const LESS = "224,123,22";

const STYLE = `:root { color-scheme: light dark; }
body { font: 16px/1.7 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.2rem; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; }
.text span { border-radius: 3px; padding: 0.1em 0; }
.target { border: 1px solid currentColor; border-radius: 3px; padding: 0.1em 0.3em; white-space: pre-wrap; }
.about { opacity: 0.75; font-size: 0.875rem; }
.more { background: rgba(${MORE},0.6); } .less { background: rgba(${LESS},0.6); }
.more, .less { border-radius: 3px; padding: 0 0.3em; }
article { border-top: 1px solid rgba(128, 128, 128, 0.4); padding: 0.75rem 0; }`;

/** The strongest colour's opacity. */
const MOST = 0.75;

/** @param title what the page is called */
export function explanationPage(title: string, explanations: readonly Explanation[]): string {
  const articles = explanations.map(article).join("\n");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="generator" content="recurra">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p class="about"><span class="more">Blue</span> made what follows more probable, <span class="less">orange</span> less; the stronger the colour, the more. Point at a piece for the number, in nats.</p>
${articles}
</body>
</html>
`;
}

function article(explanation: Explanation): string {
  const { pieces, target, probability, method, earlier, against } = explanation;
  const most = strongest(pieces);
  const spans = pieces.map(({ text, effect }) => span(text, effect, most)).join("");
  const before = earlier > 0 ? `<p class="about">${earlier} earlier tokens were read, too.</p>\n` : "";
  return `<article>
${before}<p class="text">${spans} <b class="target" dir="auto">${escapeHtml(visible(target))}</b></p>
<p class="about">${(100 * probability).toPrecision(3)} %${against ? `, and not <b class="target" dir="auto">${escapeHtml(visible(against.text))}</b> ${(100 * Math.exp(against.logProbability)).toPrecision(3)} %` : ""} · ${METHODS[method]}</p>
</article>`;
}

const METHODS: Readonly<Record<Explanation["method"], string>> = {
  erasure: "what is missing without each piece (erasure)",
  gradient: "gradient times input",
  integrated: "integrated gradients: the effects add up",
};

function span(text: string, effect: number | null, most: number): string {
  const shown = escapeHtml(text);
  if (effect === null || most === 0) return `<span>${shown}</span>`;
  const opacity = ((MOST * Math.abs(effect)) / most).toFixed(3);
  const colour = effect < 0 ? LESS : MORE;
  return `<span style="background:rgba(${colour},${opacity})" title="${signed(effect)}">${shown}</span>`;
}

/** "+1.234", "−0.5". */
function signed(effect: number): string {
  return `${effect < 0 ? "−" : "+"}${Math.abs(effect).toPrecision(4)}`;
}

/** White space alone would not be seen. */
function visible(target: string): string {
  return target.replaceAll("\n", "⏎");
}
