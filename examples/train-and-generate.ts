/** Trains a small character model on a text in memory, and lets it write. Nothing is written to the disk. */
import { train } from "recurra";

const sentences = ["the sea is calm. ", "the wind is cold. ", "the ship is gone. ", "the night is long. "];
const text = Array.from({ length: 600 }, (_, i) => sentences[(i * i + (i >> 2)) % sentences.length]).join("");

const { model, valid } = await train({ text, hidden: 48, epochs: 8, seed: 1 });
console.log(`held-out: ${valid!.bitsPerChar.toFixed(2)} bits per character`);

for await (const { text: piece } of model.generate({
  prompt: "the ",
  length: 60,
  temperature: 0.5,
  seed: 1,
})) {
  process.stdout.write(piece);
}
process.stdout.write("\n");
