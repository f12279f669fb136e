/**
 * The language models of shallow fusion, as they read texts that grow. A recurrent model of characters reads label by
 * label; one of words or byte pairs, and an n-gram model, a word when it is whole, as its tokens are known only then.
 */
import { type NgramModel, type NgramState, SENTENCE_END } from "../../ngram/ngram-model.js";
import type { Predictor } from "../../model/predictor.js";
import { inKnownForm } from "../../text/tokenizers/normal-form.js";
import type { Tokenizer } from "../../text/tokenizers/tokenizer.js";
import { beginningOf } from "../beginning.js";
import { type Prefix, PrefixReader } from "../prefix-reader.js";

/** A language model with its tokenizer, such as a loaded model. */
export interface FusedModel {
  readonly model: Predictor;
  readonly tokenizer: Tokenizer;
}

/** What is fused; neither is needed. */
export interface FusedModels {
  readonly model?: FusedModel | undefined;
  readonly ngram?: NgramModel | undefined;
}

/** Where the recurrent model stands. */
export interface ModelReading {
  /** ln p of the text so far, with what unknown tokens add. */
  readonly logProbability: number;
  /** Before its last token, and that token, which is read when it is needed. */
  readonly before: Prefix | undefined;
  readonly last: number | undefined;
  after: Prefix | undefined;
}

/** A text that is to be read on. */
export interface ReadOn {
  readonly after: ModelReading;
  readonly text: string;
}

export class ModelReader {
  /** It reads label by label. */
  readonly byLabel: boolean;
  readonly #tokenizer: Tokenizer;
  readonly #prefixes: PrefixReader;
  readonly #unknownScore: number;
  readonly #ids = new Map<string, Int32Array>();

  /** @param unknownScore is added to ln p for every `<unk>` */
  constructor(model: Predictor, tokenizer: Tokenizer, unknownScore: number) {
    this.#prefixes = new PrefixReader(model);
    this.#tokenizer = tokenizer;
    this.#unknownScore = unknownScore;
    this.byLabel = tokenizer.kind === "char";
  }

  begin(): ModelReading {
    return { logProbability: 0, before: undefined, last: beginningOf(this.#tokenizer), after: undefined };
  }

  /** Reads all of these on, in as many batches as the longest has tokens. */
  read(requests: readonly ReadOn[]): ModelReading[] {
    this.#advance(requests.map(({ after }) => after));
    const tokens = requests.map(({ text }) => this.#encode(text));
    const sums = requests.map(({ after }) => after.logProbability);
    const prefixes = requests.map(({ after }) => after.after);
    let longest = 0;
    for (const ids of tokens) longest = Math.max(longest, ids.length);
    for (let k = 0; k < longest; k++) {
      const more: number[] = [];
      for (const [i, ids] of tokens.entries()) {
        if (k >= ids.length) continue;
        sums[i]! += this.#logProbability(prefixes[i], ids[k]!);
        if (k + 1 < ids.length) more.push(i);
      }
      const read = this.#prefixes.extend(
        more.map((i) => prefixes[i]),
        more.map((i) => tokens[i]![k]!),
      );
      for (const [n, i] of more.entries()) prefixes[i] = read[n];
    }
    return requests.map(({ after }, i) => {
      const ids = tokens[i]!;
      if (ids.length === 0) return after;
      return {
        logProbability: sums[i]!,
        before: prefixes[i],
        last: ids[ids.length - 1],
        after: undefined,
      };
    });
  }

  /** ln p of whole texts: with `<eos>` for models of lines, as lines are scored. */
  end(readings: readonly ModelReading[]): number[] {
    const { bosId, eosId } = this.#tokenizer;
    if (bosId === undefined || eosId === undefined)
      return readings.map(({ logProbability }) => logProbability);
    this.#advance(readings);
    return readings.map(({ logProbability, after }) => logProbability + this.#logProbability(after, eosId));
  }

  /** Forgets the states of all others. */
  keep(readings: Iterable<ModelReading>): void {
    const kept: Prefix[] = [];
    for (const { before, after } of readings) {
      const prefix = after ?? before;
      if (prefix) kept.push(prefix);
    }
    this.#prefixes.keep(kept);
  }

  /** ln p of a token; 0 for a first one that nothing predicts. */
  #logProbability(prefix: Prefix | undefined, id: number): number {
    const own = prefix === undefined ? 0 : prefix.logits[id]! - prefix.normaliser;
    return id === this.#tokenizer.unknownId ? own + this.#unknownScore : own;
  }

  /** Reads the last tokens that were not read yet. */
  #advance(readings: readonly ModelReading[]): void {
    const unread = new Set<ModelReading>();
    for (const reading of readings)
      if (reading.last !== undefined && reading.after === undefined) unread.add(reading);
    const all = [...unread];
    const read = this.#prefixes.extend(
      all.map(({ before }) => before),
      all.map(({ last }) => last!),
    );
    for (const [i, reading] of all.entries()) reading.after = read[i];
  }

  #encode(text: string): Int32Array {
    let ids = this.#ids.get(text);
    if (!ids) {
      if (this.#ids.size >= MOST_REMEMBERED) this.#ids.clear();
      this.#ids.set(text, (ids = this.#tokenizer.encode(inKnownForm(this.#tokenizer, text))));
    }
    return ids;
  }
}

/** Words whose ids are remembered. */
const MOST_REMEMBERED = 100_000;

/** Where the n-gram model stands. */
export interface NgramReading {
  readonly logProbability: number;
  readonly state: NgramState;
}

export class NgramReader {
  readonly #model: NgramModel;
  readonly #unknownScore: number;

  constructor(model: NgramModel, unknownScore: number) {
    this.#model = model;
    this.#unknownScore = unknownScore;
  }

  begin(): NgramReading {
    return { logProbability: 0, state: this.#model.beginState() };
  }

  read({ logProbability, state }: NgramReading, word: string): NgramReading {
    const scored = this.#model.score(state, this.#model.wordId(word));
    const unknown = scored.outOfVocabulary ? this.#unknownScore : 0;
    return { logProbability: logProbability + scored.logProbability + unknown, state: scored.state };
  }

  /** ln p of the whole text, with `</s>` where the model has it. */
  end({ logProbability, state }: NgramReading): number {
    const id = this.#model.wordId(SENTENCE_END);
    return id === undefined ? logProbability : logProbability + this.#model.score(state, id).logProbability;
  }
}
