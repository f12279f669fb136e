/** Which of two sentences does a model find more probable? Sentence probabilities, as speech rescoring needs them. */
import { train } from "recurra";

const sentences = [
  "the cat sees the moon.",
  "a dog hears the rain.",
  "one bird follows the road.",
  "the cat hears a ship.",
];
const text = Array.from(
  { length: 800 },
  (_, i) => `${sentences[(i * 7 + (i >> 3)) % sentences.length]}\n`,
).join("");

const { model } = await train({
  text,
  tokenizer: "word",
  lines: true,
  hidden: 32,
  epochs: 4,
  seed: 1,
});
for (const line of ["the cat sees the moon.", "moon the sees cat the."]) {
  const { bits, perplexity } = model.scoreLine(line);
  console.log(
    `${bits.toFixed(1).padStart(6)} bits, perplexity ${perplexity!.toFixed(1).padStart(7)}  ${line}`,
  );
}
