/** Finishes what is being typed: the most probable names that begin so, and the words of a running text. */
import { train } from "recurra";

const names = ["anna", "anne", "annika", "andrea", "bella", "bernd", "clara", "clark", "dora", "doris"];
const { model } = await train({
  text: names
    .map((name) => `${name}\n`)
    .join("")
    .repeat(20),
  lines: true,
  hidden: 32,
  epochs: 15,
  seed: 1,
});

// It remembers what it has read: a key more costs little.
const completer = await model.completer();
for (const typed of ["a", "an", "ann"]) {
  const found = await completer.complete(typed, { until: "line", suggestions: 3 });
  const shown = found.map(({ text, probability }) => `${typed}${text} ${(100 * probability).toFixed(1)} %`);
  console.log(`${typed}: ${shown.join(", ")}`);
}
