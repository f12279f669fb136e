/** The chapter "Where it is surprised". */
import { useMemo, useState } from "preact/hooks";
import type { Expected, HardPlace, Surprise } from "../../src/look/surprise/surprise.js";
import { Figure, Table } from "./figure.js";
import { fixed, grouped, percent } from "./numbers.js";
import { Chart, Plot } from "./plot.js";
import { TokenMap } from "./token-map.js";
import { visible } from "./visible.js";

/** Bits at which a colour is full. */
const FULL = 10;

const COLOURINGS = {
  surprisal: "Surprisal",
  entropy: "Entropy",
  difference: "Surprisal − entropy",
} as const;
type Colouring = keyof typeof COLOURINGS;

export function SurpriseChapter({ data }: { readonly data: Surprise }) {
  return (
    <>
      <Summary data={data} />
      <TextMap data={data} />
      <Places
        title="The hardest places"
        about="The tokens that the model found least probable, with what it expected in their place."
        places={data.hardest}
      />
      <Places
        title="Where it was sure and wrong"
        about="The tokens whose surprisal is furthest above the entropy: the model expected something else, and was sure of it."
        places={data.overconfident}
      />
      <Kinds data={data} />
      <CalibrationFigure data={data} />
      <EntropyFigure data={data} />
    </>
  );
}

function Summary({ data }: { readonly data: Surprise }) {
  const { tokens, bits, expectedBits, bitsPerCharacter, perplexity, calibration } = data;
  const figures: readonly (readonly [string, string])[] = [
    ["tokens predicted", grouped(tokens)],
    ["bits a token", fixed(bits / tokens, 3)],
    ["bits a character", fixed(bitsPerCharacter, 3)],
    ["perplexity", perplexity < 1000 ? fixed(perplexity) : grouped(perplexity)],
    ["bits it expected", fixed(expectedBits / tokens, 3)],
    ["first guess right", percent(calibration.accuracy)],
  ];
  return (
    <dl class="figures">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function TextMap({ data: { map, leftOut } }: { readonly data: Surprise }) {
  const [colouring, setColouring] = useState<Colouring>("surprisal");
  const texts = useMemo(() => map.map(({ text }) => text), [map]);
  const strengths = useMemo(
    () =>
      map.map(({ surprisal, entropy }) => {
        if (surprisal === null || entropy === null) return 0;
        const bits = { surprisal, entropy, difference: surprisal - entropy }[colouring];
        return bits / FULL;
      }),
    [map, colouring],
  );
  return (
    <Figure
      title="The text, token by token"
      about={
        <>
          The stronger the colour, the more bits: surprisal is what a token cost, −log₂ of its probability;
          entropy is what the model expected it to cost. In their difference{" "}
          <span class="key up">this colour</span> is worse than expected and{" "}
          <span class="key down">this one</span> better. Point at a token, or step through with the arrow
          keys, to see what was expected in its place.
        </>
      }
    >
      <div class="choice" role="radiogroup" aria-label="Colour by">
        {(Object.keys(COLOURINGS) as Colouring[]).map((name) => (
          <label key={name}>
            <input
              type="radio"
              name="colouring"
              checked={name === colouring}
              onChange={() => setColouring(name)}
            />
            {COLOURINGS[name]}
          </label>
        ))}
      </div>
      <TokenMap
        texts={texts}
        strengths={strengths}
        label="The text, token by token"
        hint="Point at a token to see what was expected in its place."
        details={(n) => {
          const { text, surprisal, entropy, expected } = map[n]!;
          return (
            <>
              <p class="pointed">{visible(text)}</p>
              {surprisal === null || entropy === null ? (
                <p class="about">Nothing predicts the first token of this text.</p>
              ) : (
                <>
                  <p class="about">
                    {fixed(surprisal)} bits, probability {percent(2 ** -surprisal)}; entropy {fixed(entropy)}{" "}
                    bits
                  </p>
                  <Alternatives expected={expected} />
                </>
              )}
            </>
          );
        }}
      />
      {leftOut > 0 && (
        <p class="about">
          The map has the first {grouped(map.length)} tokens; {grouped(leftOut)} more are in all other
          figures.
        </p>
      )}
    </Figure>
  );
}

function Alternatives({ expected }: { readonly expected: readonly Expected[] }) {
  return (
    <ol class="bars">
      {expected.map(({ text, probability }, n) => (
        <li key={n}>
          <span class="token">{text}</span>
          <span class="bar">
            <span style={{ width: `${(100 * probability).toFixed(1)}%` }} />
          </span>
          <span class="number">{percent(probability)}</span>
        </li>
      ))}
    </ol>
  );
}

function Places(props: {
  readonly title: string;
  readonly about: string;
  readonly places: readonly HardPlace[];
}) {
  return (
    <Figure title={props.title} about={props.about}>
      <Table
        head={["place", "bits", "entropy", "expected"]}
        rows={props.places.map(({ before, text, surprisal, entropy, expected }) => [
          <span class="place">
            {visible(before)}
            <mark>{visible(text)}</mark>
          </span>,
          fixed(surprisal, 1),
          fixed(entropy, 1),
          <span class="place">
            {expected
              .slice(0, 3)
              .map((guess) => `${guess.text} ${percent(guess.probability)}`)
              .join(", ")}
          </span>,
        ])}
      />
    </Figure>
  );
}

function Kinds({ data: { kinds } }: { readonly data: Surprise }) {
  return (
    <Figure
      title="By kind of token"
      about="Mean bits a token of each kind (the bar, with two standard errors) and the entropy, which the model expected (the tick); then what part of all bits the kind costs."
    >
      {kinds.map(({ name, kinds: each }) => (
        <KindChart key={name} name={name} kinds={each} />
      ))}
    </Figure>
  );
}

function KindChart({ name, kinds }: Surprise["kinds"][number]) {
  const options = useMemo(
    (): Plot.PlotOptions => ({
      height: 50 + 26 * kinds.length,
      marginLeft: 130,
      marginRight: 70,
      marginTop: 10,
      x: { label: "bits a token →", grid: true, zero: true },
      y: { label: null, domain: kinds.map((kind) => kind.name) },
      marks: [
        Plot.barX(kinds, {
          x: "surprisal",
          y: "name",
          fill: "var(--accent)",
          fillOpacity: 0.55,
          insetTop: 3,
          insetBottom: 3,
        }),
        Plot.ruleY(kinds, {
          x1: (kind) => Math.max(0, kind.surprisal - 2 * kind.error),
          x2: (kind) => kind.surprisal + 2 * kind.error,
          y: "name",
          stroke: "currentColor",
        }),
        Plot.tickX(kinds, { x: "entropy", y: "name", stroke: "var(--second)", strokeWidth: 3 }),
        Plot.text(kinds, {
          x: (kind) => Math.max(kind.surprisal + 2 * kind.error, kind.entropy),
          y: "name",
          text: (kind) => `${percent(kind.share)}`,
          textAnchor: "start",
          dx: 8,
          fill: "currentColor",
        }),
      ],
    }),
    [kinds],
  );
  const label = kinds.map((kind) => `${kind.name}: ${fixed(kind.surprisal)} bits`).join("; ");
  return (
    <>
      <h4>{name}</h4>
      <Chart options={options} label={`${name}. ${label}`} />
    </>
  );
}

function CalibrationFigure({ data: { calibration } }: { readonly data: Surprise }) {
  const { bins, error } = calibration;
  const options = useMemo(
    (): Plot.PlotOptions => ({
      x: { label: "probability of the first guess →", domain: [0, 1], grid: true },
      y: { label: "↑ how often it was right", domain: [0, 1], grid: true },
      r: { range: [2, 14] },
      marks: [
        Plot.line(
          [
            [0, 0],
            [1, 1],
          ],
          { stroke: "currentColor", strokeOpacity: 0.5, strokeDasharray: "4 4" },
        ),
        Plot.line(bins, { x: "confidence", y: "accuracy", stroke: "var(--accent)" }),
        Plot.dot(bins, {
          x: "confidence",
          y: "accuracy",
          r: "tokens",
          fill: "var(--accent)",
          fillOpacity: 0.7,
        }),
      ],
    }),
    [bins],
  );
  return (
    <Figure
      title="Are its probabilities right?"
      about={
        <>
          Of the tokens whose most probable guess was given a probability of 0.6, six in ten should have been
          that guess: points on the dashed line. Below it the model is too sure, above it not sure enough;
          larger points stand for more tokens. Expected calibration error: {percent(error)}.
        </>
      }
    >
      <Chart options={options} label={`Reliability curve, expected calibration error ${percent(error)}`} />
    </Figure>
  );
}

function EntropyFigure({ data: { byEntropy } }: { readonly data: Surprise }) {
  const options = useMemo(
    (): Plot.PlotOptions => ({
      x: { label: "entropy, bits →", grid: true, zero: true },
      y: { label: "↑ surprisal, mean bits", grid: true, zero: true },
      r: { range: [2, 12] },
      marks: [
        Plot.line(
          byEntropy.map(({ entropy }) => [entropy, entropy] as const),
          { stroke: "currentColor", strokeOpacity: 0.5, strokeDasharray: "4 4" },
        ),
        Plot.ruleX(byEntropy, {
          x: "entropy",
          y1: (bin) => bin.surprisal - 2 * bin.error,
          y2: (bin) => bin.surprisal + 2 * bin.error,
          stroke: "var(--accent)",
        }),
        Plot.dot(byEntropy, {
          x: "entropy",
          y: "surprisal",
          r: "tokens",
          fill: "var(--accent)",
          fillOpacity: 0.7,
        }),
      ],
    }),
    [byEntropy],
  );
  return (
    <Figure
      title="Does it know when it does not know?"
      about="Tokens by what the model expected them to cost, and what they cost in the mean, with two standard errors. On the dashed line it knows how uncertain it is; above it the text is harder than it thinks."
    >
      <Chart options={options} label="Mean surprisal of tokens by their entropy" />
    </Figure>
  );
}
