/** "Learn from what I write": the switch, what it gained, and the button that forgets. */
import { forget, gainText, keepProfile, learned, learns } from "../learning.js";
import { attempt } from "../session.js";
import { phase } from "../training.js";

export function Learning() {
  const points = learned.value;
  return (
    <section class="card learning" aria-label="Learning from you">
      <label class="check">
        <input
          type="checkbox"
          checked={learns.value}
          disabled={phase.value !== "none"}
          onChange={({ currentTarget }) => (learns.value = currentTarget.checked)}
        />
        Learn from what I write
      </label>
      {points.length === 0 ? (
        <p class="hint">
          What you type is learned from when you pause; what the model writes is not. It stays in this page,
          and is forgotten with it.
        </p>
      ) : (
        <>
          <p class="hint" role="status">
            {gainText(points)}
          </p>
          <div class="buttons">
            <button type="button" onClick={() => void attempt(forget)}>
              Forget
            </button>
            <button type="button" onClick={() => void attempt(keepProfile)}>
              Download profile
            </button>
          </div>
        </>
      )}
    </section>
  );
}
