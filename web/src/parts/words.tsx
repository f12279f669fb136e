/** The words that may be meant, in a row under the text. */
import { takeWord, words } from "../words.js";
import { percent } from "./numbers.js";

export function Words() {
  return (
    <div class="words-row" role="group" aria-label="Words">
      {words.value.map(({ text, word, probability }, index) => {
        const added = text.trimStart();
        const whole = word ?? added;
        return (
          <button
            key={index}
            type="button"
            // The caret stays where it is.
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => takeWord(index)}
            aria-label={`Take ${whole}, ${percent(probability)}`}
            title={`Alt Shift ${index + 1}, ${percent(probability)}`}
          >
            <span>
              <span class="typed">{whole.slice(0, whole.length - added.length)}</span>
              {added}
            </span>
          </button>
        );
      })}
    </div>
  );
}
