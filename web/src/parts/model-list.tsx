/** The models that the browser keeps. */
import { attempt, models, opened, openFrom, openStored, remove } from "../session.js";
import { last, samples } from "../training.js";
import type { StoredModel } from "../store.js";

async function take(files: FileList | null): Promise<void> {
  if (!files || files.length === 0) return;
  const picked = Array.from(files);
  const [first] = picked;
  const folder = first!.webkitRelativePath.split("/")[0];
  await openFrom(picked, (folder || first!.name).replace(/\.zip$/, "").replace(/\.model$/, ""));
  forget();
}

function forget(): void {
  last.value = undefined;
  samples.value = [];
}

export function ModelList({ busy }: { readonly busy: boolean }) {
  return (
    <div class="models">
      <h2>Your models</h2>
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
                  forget();
                })
              }
            >
              <strong>{stored.name}</strong>
              <span>{described(stored)}</span>
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
    perplexity !== undefined && `perplexity ${perplexity.toFixed(2)}`,
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
