/** The script of a report: draws what stands as data in the page. */
import { render } from "preact";
import type { LookReport, MissingChapter } from "../../src/apps/look.js";
import { CHAPTER_VIEWS } from "./chapter-views.js";
import { grouped } from "./numbers.js";

interface PageData {
  readonly name: string;
  readonly report: LookReport;
}

function Report({ name, report: { model, text, chapters } }: PageData) {
  const shown = CHAPTER_VIEWS.filter((view) => chapters[view.name] !== undefined);
  return (
    <>
      <header>
        <h1>{name}</h1>
        <p class="about">
          {model.cell.toUpperCase()}, {model.layers} {model.layers === 1 ? "layer" : "layers"} of{" "}
          {[...new Set(model.hidden)].map(grouped).join(", ")}, {grouped(model.parameters)} weights,{" "}
          {grouped(model.vocabulary)}{" "}
          {{ char: "characters", word: "words", bpe: "byte pairs" }[model.tokenizer] ?? "tokens"}
          {model.lines && ", every line by itself"}. The text has {grouped(text.characters)} characters,{" "}
          {grouped(text.tokens)} tokens
          {text.unknown > 0 && `, of which the model does not know ${grouped(text.unknown)}`}.
        </p>
        {shown.length > 1 && (
          <nav aria-label="Chapters">
            {shown.map((view) => (
              <a key={view.name} href={`#${view.name}`}>
                {view.title}
              </a>
            ))}
          </nav>
        )}
      </header>
      {shown.map((view) => (
        <article key={view.name} id={view.name}>
          <h2>{view.title}</h2>
          {isMissing(chapters[view.name]) ? (
            <p class="missing">{(chapters[view.name] as MissingChapter).missing}</p>
          ) : (
            view.draw(chapters)
          )}
        </article>
      ))}
    </>
  );
}

function isMissing(data: unknown): data is MissingChapter {
  return typeof data === "object" && data !== null && "missing" in data;
}

const { name, report } = JSON.parse(document.getElementById("data")!.textContent!) as PageData;
const app = document.getElementById("app")!;
app.replaceChildren();
render(<Report name={name} report={report} />, app);
