/** The models that the browser keeps. */
import { attempt, models, opened, openStored, remove, rename } from "../session.js";
import type { StoredModel } from "../store.js";
import { toHundredths } from "./numbers.js";
import { forgetRun, openModel } from "../take-files.js";

async function take(files: FileList | null): Promise<void> {
  if (!files || files.length === 0) return;
  const picked = Array.from(files);
  const folder = picked[0]!.webkitRelativePath.split("/")[0];
  await openModel(picked, folder || picked[0]!.name);
}

function askName(stored: StoredModel): void {
  const name = prompt("What is the model to be called?", stored.name)?.trim();
  if (name) void attempt(() => rename(stored, name));
}

export function ModelList({ busy }: { readonly busy: boolean }) {
  return (
    <div class="models" tabIndex={-1} data-rest aria-label="Your models" role="group">
      <h2>Your models</h2>
      {busy && <p class="hint">While one is in training the others wait.</p>}
      {models.value.length === 0 && (
        <p class="hint">None yet. They stay in this browser until you delete them.</p>
      )}
      <ul>
        {models.value.map((stored) => (
          <li key={stored.id}>
            <button
              type="button"
              class="plain name"
              disabled={busy}
              aria-current={opened.value?.id === stored.id ? "true" : undefined}
              onClick={() =>
                void attempt(async () => {
                  await openStored(stored);
                  forgetRun();
                })
              }
            >
              <strong>{stored.name}</strong>
              <span>{stored.about}</span>
              <span>{described(stored)}</span>
            </button>
            <button
              type="button"
              class="plain"
              disabled={busy}
              aria-label={`Rename ${stored.name}`}
              title="Rename"
              onClick={() => askName(stored)}
            >
              ✎
            </button>
            <button
              type="button"
              class="plain"
              disabled={busy}
              aria-label={`Delete ${stored.name}`}
              title="Delete"
              onClick={() => {
                if (confirm(`Delete “${stored.name}” from this browser?`)) void attempt(() => remove(stored));
              }}
            >
              ✕
            </button>
          </li>
        ))}
      </ul>
      <div class="buttons">
        <label class={`button ${busy ? "off" : ""}`}>
          <input
            type="file"
            accept=".zip"
            disabled={busy}
            onChange={(event) => {
              const { files } = event.currentTarget;
              void attempt(() => take(files));
            }}
          />
          Open a zip
        </label>
        <label class={`button ${busy ? "off" : ""}`}>
          <input
            type="file"
            disabled={busy}
            {...{ webkitdirectory: true }}
            onChange={(event) => {
              const { files } = event.currentTarget;
              void attempt(() => take(files));
            }}
          />
          Open a folder
        </label>
      </div>
    </div>
  );
}

function described({ step, perplexity, finished, changed }: StoredModel): string {
  const parts = [
    step > 0 && `${step.toLocaleString("en")} steps`,
    perplexity !== undefined && `held-out perplexity ${toHundredths(perplexity)}`,
    !finished && "not finished",
    new Date(changed).toLocaleDateString(undefined, {
      day: "numeric",
      month: "short",
      hour: "2-digit",
      minute: "2-digit",
    }),
  ];
  return parts.filter(Boolean).join(" · ");
}
