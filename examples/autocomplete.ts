/** The most probable next characters after a prefix, by stepping a model by hand: state in, state out. */
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

let { logits, state } = model.step(undefined, model.tokenizer.bosId!);
for (const id of model.tokenizer.encode("ann")) ({ logits, state } = model.step(state, id));

const exponentials = Array.from(logits, Math.exp);
const total = exponentials.reduce((sum, e) => sum + e);
const ranked = exponentials.map((e, id) => ({ token: model.tokenizer.display(id), p: e / total }));
for (const { token, p } of ranked.toSorted((a, b) => b.p - a.p).slice(0, 3)) {
  console.log(`ann + ${token}: ${(100 * p).toFixed(1)} %`);
}
