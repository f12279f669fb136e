/** The chapter "What each layer would predict". */
import { useMemo } from "preact/hooks";
import type { Lens } from "../../src/look/lens.js";
import { Figure, Table } from "./figure.js";
import { fixed, grouped, percent } from "./numbers.js";
import { TokenMap } from "./token-map.js";
import { visible } from "./visible.js";

export function LensChapter({ data }: { readonly data: Lens }) {
  const { layers, map, tokens } = data;
  const texts = useMemo(() => map.map(({ text }) => text), [map]);
  const strengths = useMemo(
    () =>
      map.map(({ decided }) => (decided === null || layers.length < 2 ? 0 : decided / (layers.length - 1))),
    [map, layers],
  );
  return (
    <>
      <Figure
        title="Layer by layer"
        about={`Each layer's output, read as if it were the last one's, over ${grouped(tokens)} tokens: what its prediction costs, how far it is from the model's own (KL divergence, nats), how often its first guess is the model's and is right, and for which part of the tokens the model's first guess is there from this layer on.`}
      >
        <Table
          head={["layer", "nats a token", "KL to the end", "agrees", "right", "decided here"]}
          rows={layers.map(({ nats, divergence, agrees, right, decides }, l) => [
            `layer ${l + 1}`,
            fixed(nats, 3),
            fixed(divergence, 3),
            percent(agrees),
            percent(right),
            percent(decides),
          ])}
        />
      </Figure>
      <Figure
        title="Where a prediction is made"
        about="The stronger the colour, the higher the layer at which the model's first guess for this token appears. Point at a token, or step through with the arrow keys, for what each layer would have said."
      >
        <TokenMap
          texts={texts}
          strengths={strengths}
          label="Where predictions are made"
          hint="Point at a token to see what each layer would have said in its place."
          details={(n) => {
            const { text, guesses } = map[n]!;
            return (
              <>
                <p class="pointed">{visible(text)}</p>
                {guesses.length === 0 ? (
                  <p class="about">Nothing predicts the first token of this text.</p>
                ) : (
                  <Table
                    head={["layer", "first guess", "this token"]}
                    rows={guesses.map((guess, l) => [
                      `${l + 1}`,
                      <>
                        <span class="token">{guess.text}</span> {percent(guess.probability)}
                      </>,
                      percent(guess.own),
                    ])}
                  />
                )}
              </>
            );
          }}
        />
        {data.leftOut > 0 && (
          <p class="about">{grouped(data.leftOut)} tokens further on in the text were not read for this.</p>
        )}
      </Figure>
    </>
  );
}
