/** A figure of a report: what it shows and how to read it, then the figure itself. */
import type { ComponentChildren } from "preact";

export interface FigureProps {
  readonly title: string;
  /** In one sentence or two: what is shown, and how to read it. */
  readonly about: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Figure({ title, about, children }: FigureProps) {
  return (
    <section class="figure">
      <h3>{title}</h3>
      <p class="about">{about}</p>
      {children}
    </section>
  );
}

/** A table of figures with a heading row; the first column is text, the others are numbers. */
export function Table({
  head,
  rows,
}: {
  readonly head: readonly string[];
  readonly rows: readonly (readonly ComponentChildren[])[];
}) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={head.join(", ")}>
      <table>
        <thead>
          <tr>
            {head.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, n) => (
            <tr key={n}>
              {row.map((cell, i) => (i === 0 ? <th scope="row">{cell}</th> : <td key={i}>{cell}</td>))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
