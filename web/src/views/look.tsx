/** Look: a text coloured by how much each token surprised the model, or by what a hidden unit did as it read it. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Inspection, placeOfUnit } from "recurra/browser";
import { Choice, NoModel } from "../parts/field.js";
import { attempt, model, starting } from "../session.js";
import { offered } from "../offered-text.js";
import { phase } from "../training.js";
import { lively } from "../lively-units.js";
import { Tokens } from "../parts/tokens.js";

const text = offered("look", ({ excerpt }) => excerpt);
const result = signal<Inspection | undefined>(undefined);
const mode = signal<"surprisal" | "unit">("surprisal");
const unit = signal(0);
const strip = signal<readonly number[]>([]);
let latest = 0;

async function inspect(): Promise<void> {
  const mine = ++latest;
  const found = await model.value!.inspect(text.value);
  if (mine !== latest) return;
  result.value = found;
  strip.value = lively(found, 10);
  if (!strip.value.includes(unit.value) || unit.value >= found.units) unit.value = strip.value[0] ?? 0;
}

/** A model in training is inspected again this often, in milliseconds. */
const AGAIN = 3000;

export function Look({ visible }: { readonly visible: boolean }) {
  const open = model.value;
  const training = phase.value !== "none";
  useEffect(() => {
    result.value = undefined;
  }, [open]);
  useEffect(() => {
    if (!open || !visible) return;
    const look = (): void => void attempt(inspect);
    const timer = setTimeout(look, 300);
    const again = training ? setInterval(look, AGAIN) : undefined;
    return () => {
      clearTimeout(timer);
      clearInterval(again);
    };
  }, [open, text.value, visible, training]);
  if (!open) return starting.value ? null : <NoModel>There is no model to look into yet.</NoModel>;
  const found = result.value;
  return (
    <div class="looking">
      <label class="field">
        <span>Text to read</span>
        <textarea
          rows={4}
          value={text.value}
          spellcheck={false}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
      </label>
      <div class="look-bar">
        <Choice
          label="Colour by"
          value={mode.value}
          options={[
            ["surprisal", "Surprisal"],
            ["unit", "Hidden unit"],
          ]}
          onChange={(value) => (mode.value = value)}
        />
        {mode.value === "unit" && found && <UnitPicker found={found} />}
      </div>
      {mode.value === "surprisal" ? (
        <p class="hint">
          The stronger the colour, the more the model was surprised: what it found improbable after all before
          it. Point at a token, or step through with the arrow keys.
        </p>
      ) : (
        <p class="hint">
          One unit of the hidden state after each token: <span class="legend up">above zero</span>{" "}
          <span class="legend down">below zero</span>.
        </p>
      )}
      {found && <Tokens found={found} mode={mode.value} unit={unit.value} />}
      {found && found.leftOut > 0 && (
        <p class="hint">
          The text is longer than is shown: {found.leftOut.toLocaleString("en")} tokens were left out.
        </p>
      )}
    </div>
  );
}

function UnitPicker({ found }: { readonly found: Inspection }) {
  const { config } = model.value!.info;
  const place = placeOfUnit(config, unit.value);
  const move = (by: number): void => {
    unit.value = (unit.value + by + found.units) % found.units;
  };
  return (
    <div class="units">
      <div class="stepper" role="group" aria-label="Unit">
        <button type="button" aria-label="The unit before" onClick={() => move(-1)}>
          ‹
        </button>
        <output aria-live="polite">
          unit {place.unit + 1}
          {config.layers > 1 && `, layer ${place.layer + 1}`}
        </output>
        <button type="button" aria-label="The next unit" onClick={() => move(1)}>
          ›
        </button>
      </div>
      <div class="chips" role="group" aria-label="The liveliest units">
        {strip.value.map((index) => (
          <button
            key={index}
            type="button"
            aria-pressed={index === unit.value}
            onClick={() => (unit.value = index)}
          >
            {index + 1}
          </button>
        ))}
      </div>
    </div>
  );
}
