/** The loss over the steps: training (smoothed) and held-out. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { curves } from "../curves.js";

const HEIGHT = 250;

const colour = (name: string) => () =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function LossChart() {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const { steps, loss, valid } = curves.value;

  useEffect(() => {
    const axis = {
      stroke: colour("--quiet"),
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { show: false },
      font: "12px system-ui, sans-serif",
    };
    const element = place.current!;
    const width = element.clientWidth;
    const made = new uPlot(
      {
        width,
        height: HEIGHT,
        cursor: { y: false },
        scales: { x: { time: false } },
        axes: [
          { ...axis, label: "steps", labelSize: 18, labelFont: axis.font },
          { ...axis, size: 46, label: "loss, nats a token", labelSize: 18, labelFont: axis.font },
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
    plot.current = made;
    const resized = new ResizeObserver(() => {
      const { clientWidth } = element;
      if (clientWidth > 0) made.setSize({ width: clientWidth, height: HEIGHT });
    });
    resized.observe(element);
    const theme = matchMedia("(prefers-color-scheme: dark)");
    const redraw = (): void => made.redraw();
    theme.addEventListener("change", redraw);
    return () => {
      theme.removeEventListener("change", redraw);
      resized.disconnect();
      made.destroy();
    };
  }, []);

  useEffect(() => {
    const chart = plot.current!;
    chart.setData([[...steps], [...loss], [...valid]]);
    if (chart.cursor.left! < 0) showLast(chart);
  }, [steps]);

  return (
    <figure class="chart" aria-label="Loss by step, in nats a token">
      <div ref={place} />
    </figure>
  );
}

/** While nothing is pointed at, the legend tells the newest of each. */
function showLast(chart: uPlot): void {
  const last = (values: ArrayLike<number | null | undefined>) =>
    Array.from(values).findLastIndex((value) => value !== null && value !== undefined);
  const idxs = chart.data.map(last);
  if (idxs[0]! >= 0) chart.setLegend({ idxs }, false);
}

const shown = (value: number | null): string =>
  value === null || value === undefined ? "–" : value.toFixed(3);
