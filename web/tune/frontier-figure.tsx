/** Which models are the best for their size, their speed and their time. */
import { useMemo, useState } from "preact/hooks";
import { frontierOf } from "../../src/tune/frontier.js";
import type { ReportedTrial } from "../../src/tune/study-report.js";
import { Figure, Table } from "../look/figure.js";
import { Chart, Plot } from "../look/plot.js";
import { settingText, short } from "./numbers.js";

const COSTS = {
  size: { title: "Size", label: "megabytes", of: ({ bytes }: ReportedTrial) => bytes / 1e6 },
  latency: { title: "Latency", label: "milliseconds a token", of: ({ latency }: ReportedTrial) => latency },
  time: { title: "Training time", label: "seconds of training", of: ({ seconds }: ReportedTrial) => seconds },
} as const;
type Cost = keyof typeof COSTS;

/** Models worse than so many times the best are left out of the picture. */
const HIGHEST = 2;

export function Frontier({ trials }: { readonly trials: readonly ReportedTrial[] }) {
  const [cost, setCost] = useState<Cost>("size");
  const { label, of } = COSTS[cost];
  const frontier = useMemo(() => frontierOf(trials, of, ({ bitsPerChar }) => bitsPerChar), [trials, of]);
  const options = useMemo((): Plot.PlotOptions => {
    const most = HIGHEST * Math.min(...trials.map(({ bitsPerChar }) => bitsPerChar));
    const points = trials
      .filter(({ bitsPerChar }) => bitsPerChar <= most)
      .map((trial) => ({
        cost: of(trial),
        bitsPerChar: trial.bitsPerChar,
        text: `trial ${trial.trial}\n${settingText(trial.setting).replaceAll(", ", "\n")}`,
      }));
    const best = frontier.map((trial) => ({ cost: of(trial), bitsPerChar: trial.bitsPerChar }));
    return {
      x: { type: "log", label: `${label} →`, grid: true, tickFormat: (value: number) => String(value) },
      y: { label: "↑ bits a character", grid: true },
      marks: [
        Plot.line(
          best.filter((point) => point.bitsPerChar <= most),
          { x: "cost", y: "bitsPerChar", stroke: "var(--accent)", curve: "step-after" },
        ),
        Plot.dot(points, { x: "cost", y: "bitsPerChar", fill: "currentColor", fillOpacity: 0.45, r: 3 }),
        Plot.dot(
          best.filter((point) => point.bitsPerChar <= most),
          { x: "cost", y: "bitsPerChar", fill: "var(--accent)", r: 5 },
        ),
        Plot.tip(points, Plot.pointer({ x: "cost", y: "bitsPerChar", title: "text", fill: "var(--paper)" })),
      ],
    };
  }, [trials, frontier, of, label]);
  return (
    <Figure
      title="The best for what it costs"
      about="Every dot is a trial as far as it came. On the line are those that nothing cheaper is better than. Trials that were stopped early may lie above where they would have come to."
    >
      <div class="choice" role="radiogroup" aria-label="Cost">
        {(Object.keys(COSTS) as Cost[]).map((name) => (
          <label key={name}>
            <input type="radio" name="cost" checked={name === cost} onChange={() => setCost(name)} />
            {COSTS[name].title}
          </label>
        ))}
      </div>
      <Chart options={options} label={`Bits a character against ${label}`} />
      <Table
        head={["trial", label, "bits a character", "options"]}
        rows={frontier.map((trial) => [
          String(trial.trial),
          short(of(trial)),
          trial.bitsPerChar.toFixed(4),
          <span class="setting">{settingText(trial.setting)}</span>,
        ])}
      />
    </Figure>
  );
}
