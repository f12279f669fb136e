/** The chapter "Why this word". */
import type { Why, WhyPiece } from "../../src/look/why.js";
import { Figure, Table } from "./figure.js";
import { fixed, percent } from "./numbers.js";
import { visible } from "./visible.js";

type Method = "erasure" | "gradient" | "integrated";

const METHODS: readonly (readonly [method: Method, name: string, about: string])[] = [
  ["erasure", "Erasure", "what is missing without the piece"],
  ["gradient", "Gradient × input", "a first guess, from the slope at the text as it is"],
  [
    "integrated",
    "Integrated gradients",
    "the slope on the whole way from no embedding, whose effects add up",
  ],
];

export function WhyChapter({ data }: { readonly data: Why }) {
  const { target, probability, against, pieces, agreement, gap } = data;
  const methods = METHODS.filter(([method]) => pieces.some((piece) => piece[method] !== null));
  const rho = (value: number | null): string => (value === null ? "–" : fixed(value));
  return (
    <Figure
      title={`Why “${visible(target)}”${against ? ` and not “${visible(against.text)}”` : ""}`}
      about={
        <>
          What each word of the text did for what follows it (probability {percent(probability)}
          {against && <>, of the other {percent(against.probability)}</>}), in nats:{" "}
          <span class="key up">this colour</span> made it more probable{against && " than the other"},{" "}
          <span class="key down">this one</span> less; three ways to ask, each coloured by its own strongest.
          Where they disagree, trust none too much. Rank correlation with erasure: gradient × input{" "}
          {rho(agreement.erasureAndGradient)}, integrated gradients {rho(agreement.erasureAndIntegrated)}
          {gap !== null && gap > 0.01 && `; integrated gradients are ${percent(gap)} off their sum`}.
        </>
      }
    >
      {methods.map(([method, name, about]) => (
        <div key={method}>
          <h4>
            {name} <span class="about">{about}</span>
          </h4>
          <Coloured pieces={pieces} method={method} />
        </div>
      ))}
      <details>
        <summary>The numbers</summary>
        <Table
          head={["piece", ...methods.map(([, name]) => name)]}
          rows={pieces.map((piece) => [
            <span class="place">{visible(piece.text)}</span>,
            ...methods.map(([method]) => (piece[method] === null ? "–" : fixed(piece[method], 3))),
          ])}
        />
      </details>
    </Figure>
  );
}

function Coloured({ pieces, method }: { readonly pieces: readonly WhyPiece[]; readonly method: Method }) {
  const most = Math.max(1e-12, ...pieces.map((piece) => Math.abs(piece[method] ?? 0)));
  return (
    <p class="coloured">
      {pieces.map((piece, n) => {
        const effect = piece[method] ?? 0;
        return (
          <span
            key={n}
            class={effect < 0 ? "down" : "up"}
            style={{ "--strength": (Math.abs(effect) / most).toFixed(3) }}
            title={piece[method] === null ? "–" : `${fixed(effect, 3)} nats`}
          >
            {piece.text}
          </span>
        );
      })}
    </p>
  );
}
