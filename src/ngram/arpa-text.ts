/** An n-gram model as the text of an ARPA file, in pieces. Reading it gives the same model, to the bit. */
import type { NgramTrie } from "./ngram-trie.js";

const LINES_A_PIECE = 20_000;

export function* arpaText({ words, counts, order, arrays }: NgramTrie): Generator<string> {
  const { begins, word, probability, backoff, firstChild } = arrays;
  yield `\\data\\\n${counts.map((count, i) => `ngram ${i + 1}=${count}\n`).join("")}`;
  for (let n = 1; n <= order; n++) {
    // The nodes of the n-gram's first 1, 2 … n words; those of a level stand in the order of their contexts.
    const way = begins.slice(1, n + 1);
    let lines = [`\n\\${n}-grams:`];
    for (let node = begins[n]!; node < begins[n + 1]!; node++) {
      way[n - 1] = node;
      for (let i = n - 2; i >= 0; i--) while (firstChild[way[i]! + 1]! <= way[i + 1]!) way[i]!++;
      const text = way.map((at) => words[word[at]!]!).join(" ");
      const line = `${shortest(probability[node]!)}\t${text}`;
      lines.push(n < order && backoff[node] !== 0 ? `${line}\t${shortest(backoff[node]!)}` : line);
      if (lines.length < LINES_A_PIECE) continue;
      yield `${lines.join("\n")}\n`;
      lines = [];
    }
    if (lines.length > 0) yield `${lines.join("\n")}\n`;
  }
  yield "\n\\end\\\n";
}

/** The digits that a float32 needs. */
function shortest(value: number): string {
  const seven = Number(value.toPrecision(7));
  return String(Math.fround(seven) === value ? seven : Number(value.toPrecision(9)));
}
