/** The chapter "Its words": a map of the embedding, neighbours, and the ends of components. */
import { useMemo, useState } from "preact/hooks";
import { UMAP } from "umap-js";
import type { WordMap } from "../../src/look/word-map.js";
import { Figure, Table } from "./figure.js";
import { fixed, grouped, percent } from "./numbers.js";
import { Chart, Plot } from "./plot.js";

/** Labels that are drawn, the most frequent tokens first; more would lie over each other. */
const LABELS = 120;

export function WordsChapter({ data }: { readonly data: WordMap }) {
  return (
    <>
      <WordsMap data={data} />
      <Neighbours data={data} />
      <Figure
        title="What the first components mean"
        about="The directions in which the vectors of the tokens differ most, with their part of all variance, and the tokens at either end of each: what they have in common is what the direction stands for."
      >
        <Table
          head={["component", "of the variance", "one end", "the other end"]}
          rows={data.components.map(({ share, low, high }, c) => [
            `${c + 1}`,
            percent(share),
            <span class="place">{low.join("  ")}</span>,
            <span class="place">{high.join("  ")}</span>,
          ])}
        />
      </Figure>
    </>
  );
}

interface Point {
  readonly text: string;
  readonly count: number;
  readonly x: number;
  readonly y: number;
  readonly label: string;
}

function WordsMap({ data: { words, components, leftOut } }: { readonly data: WordMap }) {
  const [layout, setLayout] = useState<readonly (readonly number[])[]>();
  const points = useMemo(
    () =>
      words.map(({ text, count, coordinates }, n): Point => {
        const [x = 0, y = 0] = layout?.[n] ?? coordinates;
        return { text, count, x, y, label: n < LABELS ? text : "·" };
      }),
    [words, layout],
  );
  const options = useMemo(
    (): Plot.PlotOptions => ({
      height: 480,
      marginLeft: 20,
      x: { axis: null, inset: 20 },
      y: { axis: null, inset: 20 },
      marks: [
        Plot.text(points, {
          x: "x",
          y: "y",
          text: "label",
          fill: "currentColor",
          fontFamily: "ui-monospace, monospace",
          title: (point: Point) => `${point.text}: ${grouped(point.count)} times`,
        }),
      ],
    }),
    [points],
  );
  const [first, second] = components;
  // The same map each time: UMAP begins at random.
  const arrange = (): void => {
    let state = 1;
    const random = (): number => {
      state = Math.imul(state, 1664525) + 1013904223;
      return (state >>> 0) / 2 ** 32;
    };
    const umap = new UMAP({ nNeighbors: Math.min(12, words.length - 1), minDist: 0.15, random });
    setLayout(umap.fit(words.map(({ coordinates }) => [...coordinates])));
  };
  return (
    <Figure
      title="A map of the tokens"
      about={
        layout
          ? "The same tokens arranged by UMAP (McInnes et al., 2018) from their principal components: neighbours lie together; distances between groups mean little, and directions nothing."
          : `The tokens that are most frequent in this text, by the first two principal components of their vectors in the embedding (${percent((first?.share ?? 0) + (second?.share ?? 0))} of the variance): tokens that the model treats alike lie together.`
      }
    >
      <div class="choice">
        <button type="button" onClick={() => (layout ? setLayout(undefined) : arrange())}>
          {layout ? "Principal components" : "Arrange by neighbours (UMAP)"}
        </button>
      </div>
      <Chart options={options} label="Map of the tokens' vectors" />
      {leftOut > 0 && <p class="about">{grouped(leftOut)} rarer tokens are not on the map.</p>}
    </Figure>
  );
}

function Neighbours({ data: { words } }: { readonly data: WordMap }) {
  const [at, setAt] = useState(0);
  const { neighbours } = words[at]!;
  return (
    <Figure
      title="Neighbours"
      about="The tokens whose vectors point most nearly the same way, among those of the map, the mean of all taken out: 1 is the same direction, 0 none in common."
    >
      <div class="choice">
        <label>
          Token{" "}
          <select value={at} onChange={(event) => setAt(Number(event.currentTarget.value))}>
            {words.map(({ text }, n) => (
              <option key={n} value={n}>
                {text}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Table
        head={["neighbour", "cosine"]}
        rows={neighbours.map(({ token, cosine }) => [
          <span class="token">{words[token]!.text}</span>,
          fixed(cosine),
        ])}
      />
    </Figure>
  );
}
