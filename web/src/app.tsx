/** The frame: name, views, errors, and the engine of this browser. */
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { capabilities } from "recurra/browser";
import { keepFocus } from "./focus.js";
import { engine, model, models, opened, problem, announced } from "./session.js";
import { phase } from "./training.js";
import { Look } from "./views/look.js";
import { Train } from "./views/train.js";
import { Write } from "./views/write.js";
import { running } from "./writing.js";

const VIEWS: Readonly<
  Record<string, { readonly label: string; readonly view: ComponentType<{ readonly visible: boolean }> }>
> = {
  train: { label: "Train", view: Train },
  write: { label: "Write", view: Write },
  look: { label: "Look", view: Look },
};

const here = (): string => (location.hash.slice(1) in VIEWS ? location.hash.slice(1) : "train");
const current = signal(here());
addEventListener("hashchange", () => (current.value = here()));

export function App() {
  const changes = [phase.value, models.value, model.value, running.value, problem.value];
  useEffect(keepFocus, changes);
  return (
    <>
      <header class="top">
        <a class="brand" href="#train">
          recurra
        </a>
        <nav aria-label="Views">
          {Object.entries(VIEWS).map(([name, { label }]) => (
            <a key={name} href={`#${name}`} aria-current={current.value === name ? "page" : undefined}>
              {label}
            </a>
          ))}
        </nav>
        {opened.value && (
          <span class="open-model" title={opened.value.about}>
            {opened.value.name}
          </span>
        )}
      </header>
      <main>
        <p class="unseen" role="status">
          {announced.value}
        </p>
        {problem.value && (
          <div class="problem" role="alert">
            <p>{problem.value}</p>
            <button type="button" class="plain" aria-label="Dismiss" onClick={() => (problem.value = "")}>
              ✕
            </button>
          </div>
        )}
        {Object.entries(VIEWS).map(([name, { view: View }]) => (
          <section key={name} hidden={current.value !== name} aria-label={VIEWS[name]!.label}>
            <View visible={current.value === name} />
          </section>
        ))}
      </main>
      <footer>
        <Machine />
      </footer>
    </>
  );
}

/** The engine, and what this browser lacks. */
function Machine() {
  const { threads, simd } = capabilities();
  const { value } = engine;
  const why = crossOriginIsolated ? "This browser has" : "The page is not cross-origin isolated, so there is";
  if (!simd) return <p>This browser’s WebAssembly has no SIMD; models cannot run in it.</p>;
  if (!value) return <p>Starting the engine …</p>;
  return (
    <p>
      Everything happens in this page; no text and no model leaves your computer. WebAssembly {value.isa},{" "}
      {value.threads === 1 ? "one thread" : `${value.threads} threads`}.
      {!threads && ` ${why} no shared memory, and training runs on one core only.`}
    </p>
  );
}
