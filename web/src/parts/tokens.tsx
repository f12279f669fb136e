/** Coloured tokens, and details of the one that is pointed at. */
import { useState } from "preact/hooks";
import type { InspectedToken, Inspection } from "recurra/browser";
import { beside } from "../../look/beside.js";
import { percent } from "./numbers.js";

/** Bits at which the colour is full. */
const FULL = 10;

export function Tokens(props: {
  readonly found: Inspection;
  readonly mode: "surprisal" | "unit";
  readonly unit: number;
}) {
  const { found, mode, unit } = props;
  const [at, setAt] = useState<number>();
  const pointed = at === undefined ? undefined : found.tokens[at];
  const activation = (n: number): number => found.activations[n * found.units + unit] ?? 0;
  const strength = (token: InspectedToken, n: number): number =>
    mode === "unit" ? Math.abs(activation(n)) : Math.min(1, (token.surprisal ?? 0) / FULL);

  const move = (event: KeyboardEvent): void => {
    const to = beside(event.key, at, event.currentTarget as HTMLElement, found.tokens.length);
    if (to === undefined) return;
    event.preventDefault();
    setAt(Math.max(0, Math.min(found.tokens.length - 1, to)));
  };

  return (
    <div class="looked">
      <div
        class="tokens"
        tabIndex={0}
        role="listbox"
        aria-label="The text, token by token"
        aria-activedescendant={at === undefined ? undefined : `token-${at}`}
        onKeyDown={move}
        onPointerOver={(event) => {
          const index = (event.target as HTMLElement).dataset["n"];
          if (index !== undefined) setAt(Number(index));
        }}
      >
        {found.tokens.map((token, n) => (
          <span
            key={n}
            id={`token-${n}`}
            role="option"
            aria-selected={n === at}
            data-n={n}
            class={`${mode === "unit" && activation(n) < 0 ? "down" : "up"} ${n === at ? "at" : ""}`}
            style={{ "--strength": strength(token, n).toFixed(3) }}
          >
            {token.text.includes("\n") ? `⏎${token.text}` : token.text}
          </span>
        ))}
      </div>
      <div class="card detail" aria-live="polite">
        {pointed && at !== undefined ? (
          <>
            <p class="big">
              <span class="token">{pointed.token}</span>
            </p>
            <dl class="figures">
              <div>
                <dt>surprisal</dt>
                <dd>{pointed.surprisal === null ? "–" : `${pointed.surprisal.toFixed(2)} bits`}</dd>
              </div>
              <div>
                <dt>probability</dt>
                <dd>{pointed.surprisal === null ? "–" : percent(2 ** -pointed.surprisal)}</dd>
              </div>
              {mode === "unit" && (
                <div>
                  <dt>unit {unit + 1}</dt>
                  <dd>{activation(at).toFixed(3)}</dd>
                </div>
              )}
            </dl>
            <h3>Expected here</h3>
            <ol class="bars small">
              {pointed.expected.map(({ token, probability }, n) => (
                <li key={n}>
                  <span class="token">{token}</span>
                  <span class="bar">
                    <span style={{ width: `${probability * 100}%` }} />
                  </span>
                  <span class="percent">{percent(probability)}</span>
                </li>
              ))}
            </ol>
          </>
        ) : (
          <p class="hint">Point at a token to see what the model expected in its place.</p>
        )}
      </div>
    </div>
  );
}
