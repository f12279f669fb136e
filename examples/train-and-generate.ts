/** Trains a small character model on a text in memory, and lets it write. Nothing is written to the disk. */
import { LoadedModel, train } from "recurra";

const sentences = ["the sea is calm. ", "the wind is cold. ", "the ship is gone. ", "the night is long. "];
const text = Array.from({ length: 600 }, (_, i) => sentences[(i * i + (i >> 2)) % sentences.length]).join("");

const { model, tokenizer, valid } = await train({ text, hidden: 48, epochs: 8, seed: 1 });
console.log(`held-out: ${valid!.bits_per_char.toFixed(2)} bits per character`);

const writer = new LoadedModel(model, tokenizer);
for await (const { text: piece } of writer.generate({
  prompt: "the ",
  length: 60,
  temperature: 0.5,
  seed: 1,
})) {
  process.stdout.write(piece);
}
process.stdout.write("\n");
