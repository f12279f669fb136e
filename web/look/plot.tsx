/** A chart of Observable Plot as a Preact component: drawn anew where its room or its data change. */
import * as Plot from "@observablehq/plot";
import { useEffect, useRef } from "preact/hooks";

export interface ChartProps {
  /** What is drawn, but for its width. */
  readonly options: Plot.PlotOptions;
  /** Says in words what is to be seen, for who does not see it. */
  readonly label: string;
}

/** Pixels that a chart has at least and at most. */
const NARROW = 280;
const WIDE = 720;

export function Chart({ options, label }: ChartProps) {
  const room = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = room.current!;
    const draw = (): void => {
      const width = Math.max(NARROW, Math.min(WIDE, element.clientWidth));
      const chart = Plot.plot({
        width,
        height: Math.round(Math.max(200, Math.min(320, width * 0.5))),
        marginLeft: 56,
        marginBottom: 40,
        style: { background: "transparent", fontSize: "12px", fontFamily: "inherit" },
        ...options,
        ariaLabel: label,
      });
      chart.setAttribute("role", "img");
      element.replaceChildren(chart);
    };
    const watcher = new ResizeObserver(draw);
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [options, label]);
  return <div class="chart" ref={room} />;
}

export { Plot };
