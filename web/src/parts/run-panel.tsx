/** The run that goes on, or the model that is open. */
import { packagedAssets, type PageAssets } from "recurra/browser";
import { curves } from "../curves.js";
import { attempt, download, model, opened } from "../session.js";
import { doing, goOn, last, pause, phase, preparing, resume, stop, stopping } from "../training.js";
import { duration, toHundredths, whole } from "./numbers.js";

export function RunPanel() {
  const step = last.value;
  const stored = opened.value;
  const state = phase.value;
  const heldOut = state === "none" ? undefined : curves.value.valid.findLast((loss) => loss !== null);
  return (
    <div class="panel" id="run" tabIndex={-1} data-rest role="group" aria-label="The run">
      <div>
        <h1>{state === "preparing" ? preparing.value || "A new model" : stored?.name}</h1>
        {state !== "preparing" && stored?.about && <p class="hint">{stored.about}</p>}
      </div>
      <div class="buttons">
        {(state === "running" || state === "paused") && (
          <button
            type="button"
            class={state === "paused" ? "main" : undefined}
            onClick={(event) => {
              // The second press of a double click would undo the first.
              if (event.detail > 1) return;
              void attempt(state === "paused" ? resume : pause);
            }}
          >
            {state === "paused" ? "Go on" : "Pause"}
          </button>
        )}
        {state !== "none" && (
          <button type="button" disabled={stopping.value} onClick={stop}>
            {stopping.value ? "Stopping …" : "Stop"}
          </button>
        )}
        {state === "none" && stored?.resumable && (
          <button
            type="button"
            class={stored.finished ? undefined : "main"}
            title={stored.hasText ? undefined : "With the text that is chosen in the form"}
            onClick={() => void goOn(stored)}
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
      {(state === "preparing" || state === "measuring") && <p class="doing">{doing.value} …</p>}
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
            <Figure name="perplexity" value={toHundredths(Math.exp(step.smoothedLoss))} />
            {heldOut !== undefined && heldOut !== null && (
              <Figure name="perplexity, held-out pieces" value={toHundredths(Math.exp(heldOut))} />
            )}
            {state !== "none" && <Figure name="tokens a second" value={whole(step.tokensPerSecond)} />}
            <Figure name="steps" value={whole(step.step)} />
            {(state === "running" || state === "paused") && step.remainingSeconds !== undefined && (
              <Figure name="left" value={duration(step.remainingSeconds)} />
            )}
          </>
        )}
        {stored?.perplexity !== undefined && state === "none" && (
          <Figure name="held-out perplexity" value={toHundredths(stored.perplexity)} strong />
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

const fileName = (): string =>
  (opened.value?.name ?? "model").replaceAll(/[^\p{L}\p{N}]+/gu, "-").replaceAll(/^-+|-+$/g, "") || "model";

async function asZip(): Promise<void> {
  const folder = `${fileName()}.model`;
  download(`${folder}.zip`, await model.value!.zip({ folder }), "application/zip");
}

/** What every exported page is made of, fetched before it is wanted, so that it is there without a network too. */
let assets: Promise<PageAssets> | undefined;
export function fetchAssets(): Promise<PageAssets> {
  assets ??= packagedAssets();
  assets.catch(() => (assets = undefined));
  return assets;
}

async function asHtml(): Promise<void> {
  const page = await model.value!.html(opened.value?.name ?? "A model", await fetchAssets());
  download(`${fileName()}.html`, page, "text/html");
}
