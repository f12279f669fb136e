/** Train: choose a text and a model, follow the run, and keep what came out. */
import { LossChart } from "../parts/loss-chart.js";
import { ModelList } from "../parts/model-list.js";
import { RunPanel } from "../parts/run-panel.js";
import { SetupForm } from "../parts/setup-form.js";
import { curves } from "../curves.js";
import { opened } from "../session.js";
import { last, phase, samples } from "../training.js";

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
        <ModelList busy={phase.value !== "none"} key={last.value === undefined ? "idle" : "run"} />
      </div>
    </div>
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
