/**
 * Reads the ARPA format, as KenLM, SRILM and others write it, line by line:
 *
 *   \data\
 *   ngram 1=4
 *   ngram 2=5
 *
 *   \1-grams:
 *   -0.8<tab>word<tab>-0.3      log10 p, the words, log10 of the backoff weight, which may be missing: 0
 *   …
 *   \end\
 *
 * What stands before `\data\` is passed over. What is between columns may be tabs or spaces. A file without `<unk>` gets one
 * with log10 p = −100, as KenLM has it. −inf is −99, as SRILM writes a probability or a weight of 0.
 */
import { UserError } from "../errors.js";
import { shown } from "../shown.js";
import { GrowingFloats, GrowingInts } from "./growing-arrays.js";
import { SENTENCE_BEGIN, UNKNOWN_WORD } from "./ngram-model.js";
import type { NgramTrie } from "./ngram-trie.js";
import { TrieBuilder } from "./trie-builder.js";

/** Longest n-grams that are read. */
export const MOST_ORDER = 64;

/** log10 p of `<unk>` where a file has none. */
const NO_UNKNOWN = -100;
/** log10 of what is never predicted, as SRILM writes it. */
const ZERO = -99;

/** Of the logarithms, to both sides: no model has such, and sums of some are still numbers. */
const LARGEST = 1e6;

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const COUNT = /^ngram\s+(\d+)\s*=\s*(\d+)$/;

type Section = "before" | "counts" | "n-grams" | "end";

export class ArpaParser {
  readonly #name: string;
  #line = 0;
  #section: Section = "before";
  readonly #counts: number[] = [];
  /** Words by id; `<unk>` is the first, wherever it stands in the file. */
  readonly #words = [UNKNOWN_WORD];
  readonly #ids = new Map<string, number>();
  #builder: TrieBuilder | undefined;
  #level = new LevelColumns();
  /** Length of the n-grams that are read. */
  #length = 0;
  /** Line of the first n-gram of this length. */
  #firstLine = 0;
  readonly #fields: string[] = [];
  readonly #context: number[] = [];

  /** @param name of the file, for messages */
  constructor(name: string) {
    this.#name = name;
  }

  /** The next line, without its newline. @throws UserError that says what is wrong, and in which line */
  line(text: string): void {
    this.#line++;
    if (this.#section === "n-grams" && text.charCodeAt(0) !== BACKSLASH) {
      const count = splitFields(text, this.#fields);
      if (count > 0) this.#ngram(count);
      return;
    }
    const trimmed = text.trim();
    if (trimmed === "") return;
    switch (this.#section) {
      case "before":
        this.#heading(trimmed);
        break;
      case "counts":
        if (trimmed.startsWith("\\")) this.#nextSection(trimmed);
        else this.#count(trimmed);
        break;
      case "n-grams":
        this.#nextSection(trimmed);
        break;
      case "end":
        this.#refuse(`${shown(trimmed)} follows after \\end\\`, "cut it off");
    }
  }

  /** The model, after the last line. @throws UserError where something is missing */
  finish(): NgramTrie {
    if (this.#section === "before")
      throw new UserError(
        `${this.#name} is no ARPA file: no line of it is \\data\\; give a file in the ARPA format, or one that recurra ngram train wrote.`,
      );
    if (this.#section !== "end")
      throw new UserError(
        `${this.#name} ends early, after line ${grouped(this.#line)}: it has no line \\end\\; restore it from a copy or make it again.`,
      );
    return this.#builder!.finish();
  }

  #heading(text: string): void {
    if (this.#line === 1 && (text.startsWith("iARPA") || text.startsWith("blmt") || text.startsWith("Qblmt")))
      this.#refuse("this is IRSTLM's own format", "make an ARPA file of it with IRSTLM's compile-lm");
    if (text === "\\data\\") this.#section = "counts";
  }

  #count(text: string): void {
    const [, length, count] = COUNT.exec(text) ?? [];
    const next = this.#counts.length + 1;
    if (length === undefined) this.#refuse(`${shown(text)} is no count`, `"ngram ${next}=…" is expected`);
    if (Number(length) !== next)
      this.#refuse(`the count of ${length}-grams comes where that of ${next}-grams is expected`);
    if (next > MOST_ORDER) this.#refuse(`n-grams of more than ${MOST_ORDER} words are not read`);
    this.#counts.push(Number(count));
  }

  #nextSection(text: string): void {
    if (this.#length > 0) this.#endLevel();
    else if (this.#counts.length === 0) this.#refuse("no counts of n-grams follow after \\data\\");
    const wanted = this.#length < this.#counts.length ? `\\${this.#length + 1}-grams:` : "\\end\\";
    if (text !== wanted) this.#refuse(`${shown(text)} stands where ${wanted} is expected`);
    if (this.#length === this.#counts.length) {
      this.#section = "end";
      return;
    }
    this.#section = "n-grams";
    this.#length++;
    this.#firstLine = this.#line + 1;
    this.#level = new LevelColumns();
  }

  #ngram(count: number): void {
    const n = this.#length;
    const fields = this.#fields;
    if (this.#level.word.length === this.#counts[n - 1])
      this.#refuse(`there are more ${n}-grams than the ${grouped(this.#counts[n - 1]!)} that \\data\\ names`);
    if (count !== n + 1 && count !== n + 2)
      this.#refuse(
        `an entry of ${n}-grams has a number, ${n === 1 ? "a word" : `${n} words`} and perhaps a second number, and this line has ${count} columns`,
      );
    const probability = this.#number(fields[0]!, "the logarithm of a probability");
    if (probability > 0)
      this.#refuse(
        `the logarithm of a probability is ${fields[0]}, and a probability is at most 1`,
        "make the file again",
      );
    const backoff = count === n + 2 ? this.#number(fields[n + 1]!, "the logarithm of a backoff weight") : 0;
    if (n === 1) this.#unigram(fields[1]!, probability, backoff);
    else this.#longer(probability, backoff);
    this.#level.line.push(this.#line - this.#firstLine);
  }

  #unigram(name: string, probability: number, backoff: number): void {
    const word = name === "<UNK>" ? UNKNOWN_WORD : name;
    if (this.#ids.has(word)) this.#refuse(`the word ${shown(word)} stands twice`);
    const id = word === UNKNOWN_WORD ? 0 : this.#words.push(word) - 1;
    this.#ids.set(word, id);
    // KenLM's builder writes 0 for <s>, SRILM −99: it is never predicted.
    this.#level.push(0, id, word === SENTENCE_BEGIN ? ZERO : probability, backoff);
  }

  #longer(probability: number, backoff: number): void {
    const n = this.#length;
    for (let i = 1; i <= n; i++) {
      const word = this.#fields[i]!;
      const id = this.#ids.get(word === "<UNK>" ? UNKNOWN_WORD : word);
      if (id === undefined) this.#refuse(`the word ${shown(word)} is not among the 1-grams`);
      this.#context[i - 1] = id;
    }
    const context = this.#builder!.find(this.#context, n - 1);
    if (context < 0) {
      const words = this.#fields.slice(1, n).join(" ");
      this.#refuse(`the words before the last, ${shown(words)}, are not among the ${n - 1}-grams`);
    }
    this.#level.push(context, this.#context[n - 1]!, probability, backoff);
  }

  #endLevel(): void {
    const n = this.#length;
    const level = this.#level;
    const [found, named] = [level.word.length, this.#counts[n - 1]!];
    if (found < named)
      this.#refuse(
        `there are ${grouped(found)} ${n}-grams, and \\data\\ names ${grouped(named)}`,
        "restore the file from a copy or make it again",
      );
    if (n === 1 && !this.#ids.has(UNKNOWN_WORD)) {
      this.#ids.set(UNKNOWN_WORD, 0);
      level.push(0, 0, NO_UNKNOWN, 0);
    }
    this.#builder ??= new TrieBuilder(this.#words);
    const doubled = this.#builder.add(level.columns());
    if (doubled === undefined) return;
    const line = this.#firstLine + level.line.view()[doubled]!;
    throw new UserError(`${this.#name}, line ${grouped(line)}: this ${n}-gram stands twice; keep one.`);
  }

  #number(text: string, what: string): number {
    if (NUMBER.test(text)) {
      const value = Number(text);
      if (Math.abs(value) > LARGEST) this.#refuse(`${what} is ${shown(text)}, which is too large`);
      return value;
    }
    if (/^-inf(?:inity)?$/i.test(text)) return ZERO;
    return this.#refuse(`${what} is ${shown(text)}, which is no number`);
  }

  #refuse(problem: string, advice?: string): never {
    const where = `${this.#name}, line ${grouped(this.#line)}: ${problem}`;
    throw new UserError(advice === undefined ? `${where}.` : { problem: where, advice });
  }
}

const [TAB, RETURN, SPACE, BACKSLASH] = [9, 13, 32, 92];

/** The columns of a line, into `fields`: between tabs, spaces and carriage returns. @returns how many there are */
function splitFields(text: string, fields: string[]): number {
  let count = 0;
  let from = -1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const between = code === SPACE || code === TAB || code === RETURN;
    if (between && from >= 0) {
      fields[count++] = text.slice(from, i);
      from = -1;
    } else if (!between && from < 0) from = i;
  }
  if (from >= 0) fields[count++] = text.slice(from);
  return count;
}

function grouped(value: number): string {
  return value.toLocaleString("en-US");
}

/** The n-grams of one length, as they are read. */
class LevelColumns {
  readonly context = new GrowingInts();
  readonly word = new GrowingInts();
  readonly probability = new GrowingFloats();
  readonly backoff = new GrowingFloats();
  /** Lines after that of the first. */
  readonly line = new GrowingInts();

  push(context: number, word: number, probability: number, backoff: number): void {
    this.context.push(context);
    this.word.push(word);
    this.probability.push(probability);
    this.backoff.push(backoff);
  }

  columns() {
    return {
      context: this.context.view(),
      word: this.word.view(),
      probability: this.probability.view(),
      backoff: this.backoff.view(),
    };
  }
}
