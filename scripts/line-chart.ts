/** Line charts as SVG: some panels side by side. Light or dark as the reader's system is. */
import { type Axis, type Scale, makeAxis, tickText } from "./chart-axis.js";

export interface Series {
  readonly name: string;
  /** In the order in which they are joined. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Panel {
  readonly title: string;
  readonly x: Scale;
  readonly y: Scale;
  readonly series: readonly Series[];
}

const PANEL = { width: 310, height: 270 };
/** Around the plotted area of a panel. */
const MARGIN = { top: 40, right: 22, bottom: 48, left: 58 };
const HEAD = 54;
const FOOT = 10;
const MARK = 3.5;

/** Colours by class; light, dark. Blue and orange stay apart for eyes that confuse red and green. */
const COLORS: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  page: ["#ffffff", "#0d1117"],
  ink: ["#1f2328", "#e6edf3"],
  faint: ["#59636e", "#9198a1"],
  grid: ["#d8dee4", "#30363d"],
  s0: ["#0969da", "#58a6ff"],
  s1: ["#bc4c00", "#f0883e"],
  s2: ["#1a7f37", "#3fb950"],
  s3: ["#8250df", "#bc8cff"],
};
const SERIES_COLORS = 4;

/**
 * @param note a line below the title: what was measured, and on what
 * @throws RangeError for a panel without points
 */
export function lineChart(title: string, note: string, panels: readonly Panel[]): string {
  const width = PANEL.width * panels.length;
  const height = HEAD + PANEL.height + FOOT;
  const drawn = panels.map(
    (panel, i) => `<g transform="translate(${i * PANEL.width} ${HEAD})">\n${drawPanel(panel)}\n</g>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${style()}</style>`,
    `<rect class="page" width="${width}" height="${height}"/>`,
    text(16, 24, title, "ink", 'font-size="15" font-weight="600"'),
    text(16, 43, note, "faint", 'font-size="11"'),
    ...drawn,
    "</svg>\n",
  ].join("\n");
}

function style(): string {
  const rules = (which: 0 | 1) =>
    Object.entries(COLORS)
      .map(([name, colors]) => {
        const color = colors[which];
        return name === "grid" || /^s\d$/.test(name)
          ? `.${name}{stroke:${color}}.${name}f{fill:${color}}`
          : `.${name}{fill:${color}}`;
      })
      .join("");
  const font =
    'text{font-family:system-ui,-apple-system,"Segoe UI","Liberation Sans",sans-serif;font-size:11px}';
  return `${font}${rules(0)}@media(prefers-color-scheme:dark){${rules(1)}}`;
}

function drawPanel({ title, x, y, series }: Panel): string {
  const points = series.flatMap((each) => each.points);
  if (points.length === 0) throw new RangeError(`the panel "${title}" has no points`);
  const across = makeAxis(
    x.kind,
    points.map(([value]) => value),
  );
  const up = makeAxis(
    y.kind,
    points.map(([, value]) => value),
  );
  const left = MARGIN.left;
  const right = PANEL.width - MARGIN.right;
  const top = MARGIN.top;
  const bottom = PANEL.height - MARGIN.bottom;
  const px = (value: number) => left + across.position(value) * (right - left);
  const py = (value: number) => bottom - up.position(value) * (bottom - top);
  return [
    text(left, 12, title, "ink", 'font-weight="600"'),
    legend(series, left),
    ...gridLines(across, up, { px, py, left, right, top, bottom }),
    text((left + right) / 2, PANEL.height - 10, x.label, "faint", 'text-anchor="middle"'),
    text(
      0,
      0,
      y.label,
      "faint",
      `text-anchor="middle" transform="translate(13 ${(top + bottom) / 2}) rotate(-90)"`,
    ),
    ...series.map((each, i) => drawSeries(each, i, px, py)),
  ].join("\n");
}

interface Frame {
  readonly px: (value: number) => number;
  readonly py: (value: number) => number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function gridLines(across: Axis, up: Axis, { px, py, left, right, top, bottom }: Frame): string[] {
  const line = (x1: number, y1: number, x2: number, y2: number) =>
    `<line class="grid" x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}"/>`;
  return [
    ...across.ticks.flatMap((tick) => [
      line(px(tick), top, px(tick), bottom),
      text(px(tick), bottom + 15, tickText(tick), "faint", 'text-anchor="middle"'),
    ]),
    ...up.ticks.flatMap((tick) => [
      line(left, py(tick), right, py(tick)),
      text(left - 6, py(tick) + 4, tickText(tick), "faint", 'text-anchor="end"'),
    ]),
  ];
}

/** One line of names; a series without one is the only one. */
function legend(series: readonly Series[], left: number): string {
  if (series.every(({ name }) => name === "")) return "";
  let x = left;
  return series
    .map(({ name }, i) => {
      const entry = `${mark(x + MARK, 25, i)}${text(x + 12, 29, name, "ink")}`;
      x += 28 + 6 * name.length;
      return entry;
    })
    .join("");
}

function drawSeries(
  { points }: Series,
  i: number,
  px: (value: number) => number,
  py: (value: number) => number,
): string {
  const places = points.map(([x, y]) => [px(x), py(y)] as const);
  const path = places.map(([x, y], p) => `${p === 0 ? "M" : "L"}${at(x)} ${at(y)}`).join("");
  const marks = places.map(([x, y]) => mark(x, y, i)).join("");
  return `<path class="${colorOf(i)}" d="${path}" fill="none" stroke-width="2" stroke-linejoin="round"/>${marks}`;
}

/** Circles and squares in turn, so that series can be distinguished without colour. */
function mark(x: number, y: number, i: number): string {
  const fill = `class="${colorOf(i)}f"`;
  return i % 2 === 0
    ? `<circle ${fill} cx="${at(x)}" cy="${at(y)}" r="${MARK}"/>`
    : `<rect ${fill} x="${at(x - MARK)}" y="${at(y - MARK)}" width="${2 * MARK}" height="${2 * MARK}"/>`;
}

const colorOf = (i: number): string => `s${i % SERIES_COLORS}`;
const at = (x: number): string => String(Number(x.toFixed(1)));

function text(x: number, y: number, content: string, color: string, rest = ""): string {
  return `<text class="${color}" x="${at(x)}" y="${at(y)}"${rest && ` ${rest}`}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
