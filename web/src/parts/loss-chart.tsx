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
        axes: [axis, { ...axis, size: 46 }],
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
    plot.current?.setData([[...steps], [...loss], [...valid]]);
  }, [steps]);

  return (
    <figure class="chart" aria-label="Loss by step, in nats a token">
      <div ref={place} />
    </figure>
  );
}

const shown = (value: number | null): string =>
  value === null || value === undefined ? "–" : value.toFixed(3);
