/** The loss over the steps: training (smoothed) and held-out. */
import { useEffect, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import { curves } from "../curves.js";

const HEIGHT = 250;

const colour = (name: string) => () =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function LossChart() {
  const place = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<uPlot>();
  const [problem, setProblem] = useState("");
  const { steps, loss, valid } = curves.value;

  useEffect(() => {
    let made: uPlot | undefined;
    let gone = false;
    // Loaded when there is something to draw, so that a page begins sooner, and works where this does not.
    const begin = async (): Promise<void> => {
      const { default: Chart } = await import("uplot");
      if (gone) return;
      made = draw(Chart, place.current!);
      setChart(made);
    };
    begin().catch((error: unknown) =>
      setProblem(`The chart cannot be drawn in this browser (${String(error)}).`),
    );
    return () => {
      gone = true;
      made?.destroy();
    };
  }, []);

  useEffect(() => {
    if (!chart) return;
    chart.setData([[...steps], [...loss], [...valid]]);
    if (chart.cursor.left! < 0) showLast(chart);
  }, [chart, steps]);

  useEffect(() => {
    const element = place.current;
    if (!chart || !element) return;
    const resized = new ResizeObserver(() => {
      const { clientWidth } = element;
      if (clientWidth > 0) chart.setSize({ width: clientWidth, height: HEIGHT });
    });
    resized.observe(element);
    const theme = matchMedia("(prefers-color-scheme: dark)");
    const redraw = (): void => chart.redraw();
    theme.addEventListener("change", redraw);
    return () => {
      theme.removeEventListener("change", redraw);
      resized.disconnect();
    };
  }, [chart]);

  return (
    <figure class="chart" aria-label="Loss by step, in nats a token">
      {problem && <p class="hint">{problem}</p>}
      <div ref={place} />
    </figure>
  );
}

function draw(Chart: typeof uPlot, element: HTMLElement): uPlot {
  const axis = {
    stroke: colour("--quiet"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
    labelFont: "12px system-ui, sans-serif",
    labelSize: 18,
  };
  return new Chart(
    {
      width: element.clientWidth,
      height: HEIGHT,
      cursor: { y: false },
      scales: { x: { time: false } },
      axes: [
        { ...axis, label: "steps" },
        { ...axis, size: 46, label: "loss, nats a token" },
      ],
      hooks: { setCursor: [(chart) => chart.cursor.left! < 0 && showLast(chart)] },
      series: [
        { label: "step" },
        {
          label: "training",
          stroke: colour("--accent"),
          width: 2,
          spanGaps: true,
          points: { show: false },
          value: (_, value) => shown(value),
        },
        {
          label: "held out",
          stroke: colour("--ink"),
          width: 1.5,
          dash: [4, 4],
          spanGaps: true,
          points: { show: true, size: 7, fill: colour("--ink") },
          value: (_, value) => shown(value),
        },
      ],
    },
    [[], [], []],
    element,
  );
}

/** While nothing is pointed at, the legend shows the newest value of each. */
function showLast(chart: uPlot): void {
  const last = (values: ArrayLike<number | null | undefined>) =>
    Array.from(values).findLastIndex((value) => value !== null && value !== undefined);
  const idxs = chart.data.map(last);
  if (idxs[0]! >= 0) chart.setLegend({ idxs }, false);
}

const shown = (value: number | null): string =>
  value === null || value === undefined ? "–" : value.toFixed(3);
