/** The chapter "What the units do". */
import { useMemo, useState } from "preact/hooks";
import type { Loss } from "../../src/look/units/ablation.js";
import type { PhraseUnits } from "../../src/look/units/phrase.js";
import type { PropertyUnits, UnitFound, Units } from "../../src/look/units/units.js";
import { Figure, Table } from "./figure.js";
import { fixed, grouped, percent } from "./numbers.js";
import { Chart, Plot } from "./plot.js";
import { TokenMap } from "./token-map.js";
import { visible } from "./visible.js";

/** Places with fewer tokens say too little. */
const FEWEST = 20;

export function UnitsChapter({ data }: { readonly data: Units }) {
  return (
    <>
      <Properties data={data} />
      {data.properties.length > 0 && <Activity data={data} />}
      {data.properties.some(({ ablation }) => ablation !== null) && <Ablations data={data} />}
      {data.phrase && <Phrase phrase={data.phrase} />}
    </>
  );
}

const nameOf = ({ layer, unit }: { readonly layer: number; readonly unit: number }): string =>
  `layer ${layer + 1}, unit ${unit + 1}`;

function followed({ measure }: PropertyUnits, { told }: UnitFound): string {
  if (measure === "r") return `r = ${fixed(told)}`;
  return told >= 0.5 ? `AUC ${fixed(told, 3)}` : `AUC ${fixed(1 - told, 3)}, low there`;
}

function Properties({ data: { properties, rare, units } }: { readonly data: Units }) {
  return (
    <Figure
      title="Units that follow something"
      about={
        <>
          Of {grouped(units)} units the three that follow each property best, found in one half of the text
          and measured in the other. AUC: how often the unit is higher where the property is than where it is
          not; ½ is chance, 1 perfect (“low there”: it is lower where the property is). r is the correlation
          with a number. p: the part of shifted copies of the property that it follows as well; where that may
          be chance, it is said.
        </>
      }
    >
      <Table
        head={["property", "of all tokens", "best unit", "follows", "p", "next best"]}
        rows={properties.map((property) => {
          const [best, ...others] = property.units;
          return [
            property.name,
            property.measure === "r" ? `mean ${fixed(property.mean, 1)}` : percent(property.mean),
            nameOf(best!),
            followed(property, best!),
            `${best!.p === null ? "too short to tell" : fixed(best!.p, 3)}${best!.significant ? "" : " (maybe chance)"}`,
            others.map((unit) => `${nameOf(unit)}: ${followed(property, unit)}`).join("; "),
          ];
        })}
      />
      {rare.length > 0 && (
        <p class="about">Not looked for, as too few tokens have it, or have it not: {rare.join(", ")}.</p>
      )}
    </Figure>
  );
}

function Activity({ data: { properties, texts } }: { readonly data: Units }) {
  const [shown, setShown] = useState(0);
  const property = properties[Math.min(shown, properties.length - 1)]!;
  const { activations, values, units } = property;
  const most = Math.max(1e-9, ...activations.map(Math.abs));
  const strengths = activations.map((h) => h / most);
  return (
    <Figure
      title="The best unit of each property, over the text"
      about={
        <>
          What the unit does after each token: <span class="key up">above zero</span> or{" "}
          <span class="key down">below zero</span>, the stronger the colour the further. Point at a token, or
          step through with the arrow keys.
        </>
      }
    >
      <div class="choice">
        <label>
          Property{" "}
          <select value={shown} onChange={(event) => setShown(Number(event.currentTarget.value))}>
            {properties.map(({ name }, i) => (
              <option key={name} value={i}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <span>{nameOf(units[0]!)}</span>
      </div>
      <TokenMap
        texts={texts.slice(0, activations.length)}
        strengths={strengths}
        label="A unit over the text"
        hint="Point at a token to see the unit's output after it."
        details={(n) => (
          <>
            <p class="pointed">{visible(texts[n]!)}</p>
            <p class="about">
              h = {fixed(activations[n]!, 3)}
              <br />
              {property.measure === "r"
                ? `${property.name}: ${values[n]}`
                : `${property.name}: ${values[n] === 1 ? "yes" : "no"}`}
            </p>
          </>
        )}
      />
    </Figure>
  );
}

interface Bar extends Loss {
  readonly name: string;
  readonly where: string;
}

function Ablations({ data: { properties } }: { readonly data: Units }) {
  const bars = useMemo(
    () =>
      properties.flatMap(({ name, ablation }): Bar[] =>
        ablation && ablation.there.tokens >= FEWEST
          ? [
              { name, where: "there", ...ablation.there },
              { name, where: "elsewhere", ...ablation.elsewhere },
            ]
          : [],
      ),
    [properties],
  );
  const options = useMemo((): Plot.PlotOptions => {
    const names = [...new Set(bars.map(({ name }) => name))];
    return {
      height: 60 + 44 * names.length,
      marginLeft: 150,
      x: { label: "nats a token lost →", grid: true },
      y: { label: null, domain: ["there", "elsewhere"], axis: null },
      fy: { label: null, domain: names, axis: "left" },
      color: { legend: true, domain: ["there", "elsewhere"] },
      marks: [
        Plot.barX(bars, { fy: "name", y: "where", x: "mean", fill: "where" }),
        Plot.ruleY(bars, {
          fy: "name",
          y: "where",
          x1: (bar: Bar) => bar.mean - 2 * bar.error,
          x2: (bar: Bar) => bar.mean + 2 * bar.error,
          stroke: "currentColor",
        }),
        Plot.ruleX([0]),
      ],
    };
  }, [bars]);
  return (
    <Figure
      title="Does the model need it? The proof by ablation"
      about="The best unit of each property stands still at its mean: what a prediction then loses after tokens that have the property (of a number: more than its mean), and after all others, with two standard errors. A unit that is needed for the property costs most there."
    >
      {bars.length === 0 ? (
        <p class="missing">The text is too short for it.</p>
      ) : (
        <Chart
          options={options}
          label={bars.map(({ name, where, mean }) => `${name}, ${where}: ${fixed(mean, 4)} nats`).join("; ")}
        />
      )}
    </Figure>
  );
}

function Phrase({ phrase: { phrase, units, passages } }: { readonly phrase: PhraseUnits }) {
  return (
    <Figure
      title={`Which units are on over “${visible(phrase)}”`}
      about="Units whose output is beyond 0.3 with one sign over the whole phrase, the strongest first, and whether they are so before and after it, too; then the passages of the text where most of the same units are on."
    >
      {units.length === 0 ? (
        <p class="missing">No unit is on over all of it; choose a shorter phrase.</p>
      ) : (
        <>
          <Table
            head={["unit", "mean output", "on before", "on after"]}
            rows={units
              .slice(0, 12)
              .map((unit) => [
                nameOf(unit),
                fixed(unit.mean),
                unit.before ? "yes" : "no",
                unit.after ? "yes" : "no",
              ])}
          />
          <h4>The nearest passages</h4>
          <Table
            head={["passage", "units on"]}
            rows={passages.map(({ before, text, after, score }) => [
              <span class="place">
                {visible(before)}
                <mark>{visible(text)}</mark>
                {visible(after)}
              </span>,
              percent(score),
            ])}
          />
        </>
      )}
    </Figure>
  );
}
