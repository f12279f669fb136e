/** How much each option mattered, and which mattered together. */
import { useMemo } from "preact/hooks";
import { flagName } from "../../src/tune/flag-name.js";
import type { LearnedData } from "../../src/tune/learned-json.js";
import { Figure, Table } from "../look/figure.js";
import { percent } from "../look/numbers.js";
import { Chart, Plot } from "../look/plot.js";

const MOST_PAIRS = 5;
const LEAST_PAIR = 0.01;

export function Importance({ learned }: { readonly learned: LearnedData }) {
  const { options: all, interactions, trials } = learned;
  const options = useMemo(
    (): Plot.PlotOptions => ({
      height: 40 + 26 * all.length,
      marginLeft: 130,
      x: {
        label: "part of the difference that it explains alone →",
        tickFormat: (x: number) => `${Math.round(100 * x)} %`,
        grid: true,
        zero: true,
      },
      y: { label: null, domain: all.map(({ name }) => flagName(name)) },
      marks: [
        Plot.barX(all, {
          x: "importance",
          y: ({ name }: { readonly name: string }) => flagName(name),
          fill: "var(--accent)",
        }),
        Plot.ruleX([0]),
      ],
    }),
    [all],
  );
  const pairs = interactions.filter(({ share }) => share >= LEAST_PAIR).slice(0, MOST_PAIRS);
  return (
    <Figure
      title="What mattered"
      about={`A functional analysis of variance of a forest of ${trials} trials, at rung 0, where all of them were measured. The longer its bar, the more an option decides by itself; what no bar explains hangs on several options together, or on chance.`}
    >
      <Chart
        options={options}
        label={all.map(({ name, importance }) => `${flagName(name)} ${percent(importance)}`).join(", ")}
      />
      {pairs.length > 0 && (
        <>
          <h4>Only together</h4>
          <Table
            head={["options", "part of the difference"]}
            rows={pairs.map(({ names, share }) => [names.map(flagName).join(" with "), percent(share)])}
          />
        </>
      )}
    </Figure>
  );
}
