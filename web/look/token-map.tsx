/** A text whose tokens are coloured by a number, with details of the one that is pointed at or reached by the arrow keys. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { beside } from "./beside.js";

export interface TokenMapProps {
  readonly texts: readonly string[];
  /** Of each token from −1 to 1: above 0 the one colour, below 0 the other. */
  readonly strengths: readonly number[];
  readonly label: string;
  readonly details: (token: number) => ComponentChildren;
  /** Said as long as no token is pointed at. */
  readonly hint: string;
}

/** Map and details side by side, or one above the other where there is little room. */
export function TokenMap({ texts, strengths, label, details, hint }: TokenMapProps) {
  const [at, setAt] = useState<number>();
  const move = (event: KeyboardEvent): void => {
    const to = beside(event.key, at, event.currentTarget as HTMLElement, texts.length);
    if (to === undefined) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(texts.length - 1, to));
    (event.currentTarget as HTMLElement).children[next]!.scrollIntoView({ block: "nearest" });
    setAt(next);
  };
  return (
    <div class="token-map">
      <div
        class="tokens"
        tabIndex={0}
        role="listbox"
        aria-label={label}
        aria-activedescendant={at === undefined ? undefined : `${label}-${at}`}
        onKeyDown={move}
        onPointerOver={(event) => {
          const index = (event.target as HTMLElement).dataset["n"];
          if (index !== undefined) setAt(Number(index));
        }}
      >
        {texts.map((text, n) => {
          const strength = strengths[n] ?? 0;
          return (
            <span
              key={n}
              id={`${label}-${n}`}
              role="option"
              aria-selected={n === at}
              data-n={n}
              class={`${strength < 0 ? "down" : "up"}${n === at ? " at" : ""}`}
              style={{ "--strength": Math.min(1, Math.abs(strength)).toFixed(3) }}
            >
              {text.includes("\n") ? `⏎${text}` : text}
            </span>
          );
        })}
      </div>
      <div class="details" aria-live="polite">
        {at === undefined ? <p class="about">{hint}</p> : details(at)}
      </div>
    </div>
  );
}
