/** The script of a study's report: draws what stands as data in the page. */
import { render } from "preact";
import type { StudyReport } from "../../src/tune/study-report.js";
import { BestTrials } from "./best-trials.js";
import { Curves } from "./curves.js";
import { Frontier } from "./frontier-figure.js";
import { Importance } from "./importance.js";
import { Marginals } from "./marginals.js";
import { duration, grouped } from "./numbers.js";

const PARTS = {
  learned: "What was learned",
  best: "Best trials",
  curves: "Curves",
  frontier: "Quality and cost",
} as const;

function Report({ report }: { readonly report: StudyReport }) {
  const { name, inputs, characters, searched, sampler, spent, begun, refused, failed, finished } = report;
  const { trials, learned } = report;
  return (
    <>
      <header>
        <h1>{name}</h1>
        <p class="about">
          {inputs.join(", ")}: {grouped(characters)} characters to train on. Looked for: {searched.join(", ")}
          ; {sampler === "tpe" ? "by a tree-structured Parzen estimator" : "at random"}. {grouped(begun)}{" "}
          {begun === 1 ? "trial" : "trials"}
          {refused > 0 && `, ${grouped(refused)} refused by a constraint`}
          {failed > 0 && `, ${grouped(failed)} failed`}, in {duration(spent)}.
        </p>
        {finished && (
          <dl class="figures">
            {(
              [
                ["best model", `trial ${finished.trial}`],
                ["bits a character, all held-out text", finished.bitsPerChar.toFixed(4)],
                ["perplexity a token", finished.perplexity.toFixed(3)],
                ["trained for", duration(finished.seconds)],
                ["megabytes", (finished.bytes / 1e6).toFixed(2)],
              ] as const
            ).map(([term, value]) => (
              <div key={term}>
                <dt>{term}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        )}
        <nav aria-label="Parts">
          {Object.entries(PARTS).map(([id, title]) => (
            <a key={id} href={`#${id}`}>
              {title}
            </a>
          ))}
        </nav>
      </header>
      <article id="learned">
        <h2>{PARTS.learned}</h2>
        {learned ? (
          <>
            <ul>
              {learned.sentences.map((sentence) => (
                <li key={sentence}>{sentence}</li>
              ))}
            </ul>
            <Importance learned={learned} />
            <Marginals learned={learned} />
          </>
        ) : (
          <p class="missing">Too few trials were measured to say what mattered.</p>
        )}
      </article>
      <article id="best">
        <h2>{PARTS.best}</h2>
        <BestTrials trials={trials} />
      </article>
      <article id="curves">
        <h2>{PARTS.curves}</h2>
        <Curves trials={trials} />
      </article>
      <article id="frontier">
        <h2>{PARTS.frontier}</h2>
        <Frontier trials={trials} />
      </article>
    </>
  );
}

const { report } = JSON.parse(document.getElementById("data")!.textContent!) as {
  readonly report: StudyReport;
};
const app = document.getElementById("app")!;
app.replaceChildren();
render(<Report report={report} />, app);
