import { describe, expect, test } from "vitest";
import { makeAxis, tickText } from "../../scripts/chart-axis.js";
import { type Panel, lineChart } from "../../scripts/line-chart.js";

describe("axes", () => {
  test("linear ones begin at 0 and end at a tick", () => {
    const axis = makeAxis("linear", [3, 47]);
    expect(axis.ticks).toEqual([0, 10, 20, 30, 40, 50]);
    expect(axis.position(0)).toBe(0);
    expect(axis.position(25)).toBe(0.5);
    expect(axis.position(50)).toBe(1);
    expect(makeAxis("linear", [0, 0]).ticks[0]).toBe(0);
    expect(makeAxis("linear", [0.1, 0.3]).ticks).toEqual([0, 0.1, 0.2, 0.3]);
  });

  test("powers of two", () => {
    const axis = makeAxis("log2", [64, 96, 1024]);
    expect(axis.ticks).toEqual([64, 128, 256, 512, 1024]);
    expect(axis.position(256)).toBeCloseTo(0.5, 12);
    expect(makeAxis("log2", [1, 2 ** 20]).ticks.length).toBeLessThanOrEqual(8);
    expect(makeAxis("log2", [8]).position(8)).toBe(0);
  });

  test("powers of ten with 2 and 5 between, unless they are too many", () => {
    expect(makeAxis("log10", [130, 1500]).ticks).toEqual([100, 200, 500, 1000, 2000]);
    const axis = makeAxis("log10", [1, 1e6]);
    expect(axis.ticks).toEqual([1, 10, 100, 1000, 1e4, 1e5, 1e6]);
    expect(axis.position(1000)).toBeCloseTo(0.5, 12);
    for (const one of [1, 7, 1000]) {
      const { position } = makeAxis("log10", [one]);
      expect(position(one)).toBeGreaterThanOrEqual(0);
      expect(position(one)).toBeLessThanOrEqual(1);
    }
  });

  test("refuse what they cannot hold", () => {
    expect(() => makeAxis("log10", [0, 1])).toThrow("cannot hold 0");
    expect(() => makeAxis("linear", [])).toThrow("finite");
    expect(() => makeAxis("linear", [NaN])).toThrow("finite");
  });

  test("numbers at ticks", () => {
    expect([0, 0.5, 128, 1000, 2048, 10_000, 1.5e6].map(tickText)).toEqual([
      "0",
      "0.5",
      "128",
      "1,000",
      "2,048",
      "10k",
      "1.5M",
    ]);
  });
});

/** Names of tags that are open at the end, or a tag that closes another than the last. */
function unbalanced(svg: string): string[] {
  const open: string[] = [];
  for (const [, closing, name, own] of svg.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g)) {
    if (own) continue;
    if (!closing) open.push(name!);
    else if (open.pop() !== name) return [`</${name}>`];
  }
  return open;
}

describe("a chart", () => {
  const panel: Panel = {
    title: "a < b & c",
    x: { kind: "linear", label: "x" },
    y: { kind: "linear", label: 'in "y"' },
    series: [
      {
        name: "one",
        points: [
          [0, 0],
          [5, 10],
        ],
      },
      { name: "two", points: [[5, 5]] },
    ],
  };
  const svg = lineChart("Title", "note", [panel, panel]);

  test("is well-formed and escapes what it is told", () => {
    expect(unbalanced(svg)).toEqual([]);
    expect(svg).toContain("a &lt; b &amp; c");
    expect(svg).toContain("in &quot;y&quot;");
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 620 /);
  });

  test("places points between the ends of the axes", () => {
    const [, d] = /<path class="s0" d="([^"]*)"/.exec(svg)!;
    const places = [...d!.matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
    const lines = [
      ...svg.matchAll(/<line class="grid" x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)"/g),
    ];
    const xs = lines.flatMap(([, x1, , x2]) => [Number(x1), Number(x2)]);
    const ys = lines.flatMap(([, , y1, , y2]) => [Number(y1), Number(y2)]);
    // From the corner below on the left to the one above on the right: both axes end at their last point.
    expect(places).toEqual([
      [Math.min(...xs), Math.max(...ys)],
      [Math.max(...xs), Math.min(...ys)],
    ]);
  });

  test("has colours for light and for dark", () => {
    expect(svg).toMatch(/<style>[^<]*@media\(prefers-color-scheme:dark\)\{[^<]*\}<\/style>/);
  });

  test("needs points", () => {
    expect(() => lineChart("t", "n", [{ ...panel, series: [] }])).toThrow('"a < b & c" has no points');
  });
});
