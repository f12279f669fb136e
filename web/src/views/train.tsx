/** Train: choose a text and a model, follow the run, and keep the result. */
import { LossChart } from "../parts/loss-chart.js";
import { ModelList } from "../parts/model-list.js";
import { RunPanel } from "../parts/run-panel.js";
import { SetupForm } from "../parts/setup-form.js";
import { curves } from "../curves.js";
import { opened } from "../session.js";
import { samples } from "../samples.js";
import { last, phase } from "../training.js";

export function Train() {
  const shown = phase.value !== "none" || opened.value !== undefined;
  return (
    <div class={`columns ${shown ? "begun" : ""}`}>
      <div class="setup">
        <SetupForm />
      </div>
      <div class="run">
        {shown ? <RunPanel /> : <Welcome />}
        {phase.value !== "preparing" && curves.value.steps.length > 0 && <LossChart />}
        {phase.value !== "preparing" && samples.value.length > 0 && (
          <div class="samples">
            <h2>What it writes</h2>
            {samples.value.map(({ step, loss, text }) => (
              <figure key={step}>
                <blockquote>{text}</blockquote>
                <figcaption>
                  after {step.toLocaleString("en")} steps
                  {Number.isFinite(loss) && `, loss ${loss.toFixed(2)}`}
                </figcaption>
              </figure>
            ))}
          </div>
        )}
        {shown && <Words />}
        <ModelList busy={phase.value !== "none"} key={last.value === undefined ? "idle" : "run"} />
      </div>
    </div>
  );
}

/** Explains the figures to a person who sees them for the first time. */
function Words() {
  return (
    <details class="words">
      <summary>What the figures mean</summary>
      <dl>
        <dt>loss</dt>
        <dd>
          How wrong the model was of late about the next token, as the mean of −ln of the probability that it
          gave to the right one. Less is better; the curve falls as it learns.
        </dd>
        <dt>perplexity</dt>
        <dd>
          The same as a number of choices: at 8 the model is as unsure as if it had to guess among 8 tokens.
        </dd>
        <dt>held out</dt>
        <dd>
          A tenth of the text is never trained on. How well the model predicts it tells what it has understood
          rather than learned by heart. It may lie below the training loss, which looks back over some hundred
          steps, when the model was worse, and is measured with dropout. While the model trains, pieces of
          that text are read side by side; the perplexity at the end is that of the whole, read from end to
          end.
        </dd>
        <dt>step</dt>
        <dd>One look at a batch of windows of the text, and one small change of all weights.</dd>
      </dl>
    </details>
  );
}

function Welcome() {
  return (
    <div class="empty">
      <h1>Teach a network to write</h1>
      <p>
        Choose a text and press Start. A recurrent network reads it over and over, right here in your browser,
        and writes a little better each time. A minute or two is enough for words to appear.
      </p>
    </div>
  );
}
