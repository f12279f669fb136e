/** The chapter "Gates". */
import { useMemo } from "preact/hooks";
import type { GateFigures, Gates, LayerGates } from "../../src/look/gates/gates.js";
import { Figure, Table } from "./figure.js";
import { fixed, grouped, percent, short } from "./numbers.js";
import { Chart, Plot } from "./plot.js";

/** Numbers of units that are listed at most. */
const LISTED = 8;

export function GatesChapter({ data }: { readonly data: Gates }) {
  return (
    <>
      <Openness data={data} />
      <Times data={data} />
      <Extremes data={data} />
    </>
  );
}

function Openness({ data: { layers } }: { readonly data: Gates }) {
  return (
    <Figure
      title="How open they are"
      about="How often each gate has which value, over all units and tokens: 0 is shut, 1 is open. A gate in the middle mixes; one at the ends decides. What is below 0.1 or above 0.9 is called saturated."
    >
      {layers.map((layer, l) => (
        <LayerHistograms key={l} layer={layer} number={l + 1} />
      ))}
    </Figure>
  );
}

function LayerHistograms({ layer, number }: { readonly layer: LayerGates; readonly number: number }) {
  const bars = useMemo(
    () =>
      layer.gates.flatMap(({ name, letter, histogram }) =>
        histogram.map((part, i) => ({
          gate: `${name} (${letter})`,
          from: i / histogram.length,
          to: (i + 1) / histogram.length,
          part,
        })),
      ),
    [layer],
  );
  const options = useMemo(
    (): Plot.PlotOptions => ({
      height: 170,
      marginTop: 30,
      x: { label: "value of the gate →", domain: [0, 1], ticks: [0, 0.5, 1], tickFormat: String },
      y: { label: "↑ part of all", grid: true, tickFormat: "%" },
      fx: {
        label: null,
        padding: 0.15,
        domain: layer.gates.map(({ name, letter }) => `${name} (${letter})`),
      },
      marks: [
        Plot.rectY(bars, { fx: "gate", x1: "from", x2: "to", y: "part", fill: "var(--accent)", inset: 0.5 }),
        Plot.ruleY([0]),
      ],
    }),
    [bars, layer],
  );
  return (
    <>
      <h4>layer {number}</h4>
      <Chart options={options} label={`Layer ${number}. ${layer.gates.map(sentenceOf).join("; ")}`} />
    </>
  );
}

const sentenceOf = ({ name, mean, shut, open }: GateFigures): string =>
  `${name}: mean ${fixed(mean)}, ${percent(shut)} below 0.1, ${percent(open)} above 0.9`;

function Times({ data: { layers } }: { readonly data: Gates }) {
  const points = useMemo(
    () =>
      layers.flatMap(({ timeConstants, units }, l) =>
        timeConstants
          .toSorted((a, b) => b - a)
          .map((time, n) => ({ layer: `layer ${l + 1}`, time, part: (n + 1) / units })),
      ),
    [layers],
  );
  const options = useMemo(
    (): Plot.PlotOptions => ({
      x: { label: "part of the units →", domain: [0, 1], tickFormat: "%" },
      y: { label: "↑ tokens, at least", type: "log", grid: true, tickFormat: short },
      color: { legend: layers.length > 1, domain: layers.map((_, l) => `layer ${l + 1}`) },
      marks: [Plot.line(points, { x: "part", y: "time", stroke: "layer", strokeWidth: 2 })],
    }),
    [points, layers],
  );
  const medians = layers.map(({ medianTime }, l) => `layer ${l + 1} ${fixed(medianTime, 1)}`).join(", ");
  return (
    <Figure
      title="How long a unit keeps what it has"
      about={`The time constant of each unit, from what its gate lets stay: the tokens after which 1/e of its state is left, if nothing is added. The curve says what part of the units keeps it at least so long. Medians in tokens: ${medians}.`}
    >
      <Chart options={options} label={`Time constants of the units. Medians: ${medians}`} />
    </Figure>
  );
}

function Extremes({ data: { layers } }: { readonly data: Gates }) {
  const listed = (units: readonly number[]): string =>
    units.length === 0
      ? "none"
      : `${grouped(units.length)}: ${units
          .slice(0, LISTED)
          .map((unit) => unit + 1)
          .join(", ")}${units.length > LISTED ? " …" : ""}`;
  return (
    <Figure
      title="Gates that hardly move, and dead units"
      about="Units whose gate is above 0.9, or below 0.1, for 99 % of the tokens; and units whose output moves by less than 0.01 over the whole text, of which nothing would be missed. Units are numbered from 1."
    >
      <Table
        head={["gate", "mean", "below 0.1", "above 0.9", "always shut", "always open"]}
        rows={layers.flatMap(({ gates }, l) =>
          gates.map(({ name, letter, mean, shut, open, alwaysShut, alwaysOpen }) => [
            `layer ${l + 1}, ${name} (${letter})`,
            fixed(mean, 3),
            percent(shut),
            percent(open),
            listed(alwaysShut),
            listed(alwaysOpen),
          ]),
        )}
      />
      <p class="about">
        Dead units: {layers.map(({ dead }, l) => `layer ${l + 1} ${listed(dead)}`).join("; ")}.
      </p>
    </Figure>
  );
}
