/** The run that goes on, or the model that is open. */
import { download, model, opened, attempt } from "../session.js";
import { doing, goOn, last, pause, phase, preparing, resume, stop } from "../training.js";

const rounded = (value: number): string => Math.round(value).toLocaleString("en");

function time(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

export function RunPanel() {
  const step = last.value;
  const stored = opened.value;
  const state = phase.value;
  return (
    <div class="panel">
      <div class="panel-head">
        <div>
          <h1>{state === "preparing" ? preparing.value : stored?.name}</h1>
          {state !== "preparing" && stored?.about && <p class="hint">{stored.about}</p>}
        </div>
        <div class="buttons">
          {state === "running" && (
            <button type="button" onClick={() => void attempt(pause)}>
              Pause
            </button>
          )}
          {state === "paused" && (
            <button type="button" class="main" onClick={() => void attempt(resume)}>
              Go on
            </button>
          )}
          {(state === "preparing" || state === "running" || state === "paused") && (
            <button type="button" onClick={stop}>
              Stop
            </button>
          )}
          {state === "none" && stored?.resumable && (
            <button
              type="button"
              class={stored.finished ? undefined : "main"}
              title={stored.hasText ? undefined : "With the text that is chosen in the form"}
              onClick={() => void attempt(() => goOn(stored))}
            >
              {stored.finished ? "Train more" : "Continue training"}
            </button>
          )}
          {state === "none" && model.value && (
            <>
              <button type="button" onClick={() => void attempt(asZip)}>
                Download
              </button>
              <button type="button" onClick={() => void attempt(asHtml)}>
                As a web page
              </button>
            </>
          )}
        </div>
      </div>
      {(state === "preparing" || state === "measuring") && (
        <p class="doing" role="status">
          {doing.value} …
        </p>
      )}
      {state !== "none" && step && (
        <progress
          value={state === "measuring" ? 1 : step.progress}
          max={1}
          aria-label="Part of the training that is done"
        />
      )}
      <dl class="figures">
        {step && (
          <>
            <Figure name="loss" value={step.smoothedLoss.toFixed(3)} />
            <Figure name="perplexity" value={Math.exp(step.smoothedLoss).toFixed(2)} />
            {state !== "none" && <Figure name="tokens a second" value={rounded(step.tokensPerSecond)} />}
            <Figure name="steps" value={rounded(step.step)} />
            {state !== "none" && step.remainingSeconds !== undefined && (
              <Figure name="left" value={time(step.remainingSeconds)} />
            )}
          </>
        )}
        {stored?.perplexity !== undefined && state === "none" && (
          <Figure name="held-out perplexity" value={stored.perplexity.toFixed(2)} strong />
        )}
      </dl>
    </div>
  );
}

function Figure(props: { readonly name: string; readonly value: string; readonly strong?: boolean }) {
  return (
    <div class={props.strong ? "strong" : undefined}>
      <dt>{props.name}</dt>
      <dd>{props.value}</dd>
    </div>
  );
}

const fileName = (): string => (opened.value?.name ?? "model").replaceAll(/[^\p{L}\p{N}]+/gu, "-");

async function asZip(): Promise<void> {
  download(`${fileName()}.model.zip`, await model.value!.zip(), "application/zip");
}

async function asHtml(): Promise<void> {
  download(`${fileName()}.html`, await model.value!.html(opened.value?.name ?? "A model"), "text/html");
}
