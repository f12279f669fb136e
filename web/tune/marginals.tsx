/** What each value of an option is worth, and what it costs, averaged over all others. */
import { useMemo, useState } from "preact/hooks";
import { flagName } from "../../src/tune/flag-name.js";
import type { LearnedData } from "../../src/tune/learned-json.js";
import { Figure, Table } from "../look/figure.js";
import { Chart, Plot } from "../look/plot.js";
import { duration } from "./numbers.js";

export function Marginals({ learned }: { readonly learned: LearnedData }) {
  const [name, setName] = useState(learned.options[0]?.name ?? "");
  const option = learned.options.find((each) => each.name === name) ?? learned.options[0];
  const options = useMemo((): Plot.PlotOptions => {
    const { points = [], ordered = false } = option ?? {};
    const rows = points.map(({ value, bitsPerChar, spread }) => ({
      value: String(value),
      bitsPerChar,
      low: bitsPerChar * Math.exp(-spread),
      high: bitsPerChar * Math.exp(spread),
    }));
    return {
      x: {
        type: "point",
        domain: rows.map(({ value }) => value),
        label: `${flagName(option?.name ?? "")} →`,
        padding: 0.4,
      },
      y: { label: "↑ bits a character", grid: true },
      marks: [
        Plot.ruleX(rows, {
          x: "value",
          y1: "low",
          y2: "high",
          stroke: "var(--accent)",
          strokeOpacity: 0.6,
          strokeWidth: 2,
        }),
        ...(ordered ? [Plot.line(rows, { x: "value", y: "bitsPerChar", stroke: "var(--accent)" })] : []),
        Plot.dot(rows, { x: "value", y: "bitsPerChar", fill: "var(--accent)", r: 4 }),
      ],
    };
  }, [option]);
  if (!option) return null;
  return (
    <Figure
      title="Value by value"
      about="Bits a character at each value, whatever the other options are, and what a pass over the text takes. Lines: by how much the trees of the forest differ."
    >
      <div class="choice">
        <label>
          Option{" "}
          <select value={option.name} onChange={(event) => setName(event.currentTarget.value)}>
            {learned.options.map((each) => (
              <option key={each.name} value={each.name}>
                {flagName(each.name)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Chart options={options} label={`Bits a character by ${flagName(option.name)}`} />
      <Table
        head={[flagName(option.name), "bits a character", "±", "a pass takes"]}
        rows={option.points.map(({ value, bitsPerChar, spread, seconds }) => [
          String(value),
          bitsPerChar.toFixed(3),
          `${(100 * spread).toFixed(1)} %`,
          duration(seconds),
        ])}
      />
    </Figure>
  );
}
