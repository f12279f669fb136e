/**
 * Beam search: of all texts that go on from a prompt the most probable ones that are found when, after every token, only
 * the k most probable beginnings are kept. Texts of different lengths compare by
 *
 *   s = ln p / n^α
 *
 * for n tokens (Wu et al., 2016, equation 14, without its constant): α = 0 prefers short texts, 1 compares means.
 */
import { Turns } from "../breathe.js";
import { UserError } from "../errors.js";
import { Greatest } from "../greatest.js";
import type { Predictor } from "../model/predictor.js";
import { formsOf, inKnownForm } from "../text/tokenizers/normal-form.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { beginningOf, unwrittenTokens } from "./beginning.js";
import type { BeamOptions, BeamSettings } from "./beam-options.js";
import { beamSettings } from "./beam-options.js";
import { decoderAfter } from "./decoder-after.js";
import type { DoneReason } from "./generate.js";
import { type Prefix, PrefixReader } from "./prefix-reader.js";
import { StopFinder } from "./stop-strings.js";

/** A text that was found. */
export interface BeamText {
  /** What follows the prompt, before a stop string if there is one. */
  readonly text: string;
  readonly ids: readonly number[];
  /** Σ ln p of its tokens, in nats; of `<eos>`, too, where that ended it. */
  readonly logProbability: number;
  /** ln p / n^α */
  readonly score: number;
  readonly done: DoneReason;
}

/** A beginning that may go on. */
interface Beam {
  readonly ids: readonly number[];
  readonly logProbability: number;
  /** After its last token. */
  readonly prefix: Prefix;
}

/** A beam and the token that would follow it. */
interface Extension {
  readonly beam: Beam;
  readonly id: number;
  readonly logProbability: number;
}

/**
 * The best texts, the greatest score first: at most `beams` of them.
 * @throws UserError for options that make no sense, a model that follows one text, or nothing to begin with; the signal's
 *   reason where that ended it
 */
export async function beamSearch(
  model: Predictor,
  tokenizer: Tokenizer,
  options: BeamOptions = {},
): Promise<BeamText[]> {
  return search(model, tokenizer, beamSettings(options));
}

async function search(model: Predictor, tokenizer: Tokenizer, settings: BeamSettings): Promise<BeamText[]> {
  const { beams: width, length, lengthPenalty: alpha, signal } = settings;
  const reader = new PrefixReader(model);
  const prompt = tokenizer.encode(inKnownForm(tokenizer, settings.prompt));
  const unwritten = new Set(unwrittenTokens(tokenizer));
  const stops = settings.stop.flatMap(formsOf);
  const textOf = (ids: readonly number[]): { text: string; stopped: boolean } => {
    const finder = new StopFinder(stops);
    const decoder = decoderAfter(tokenizer, settings.prompt, prompt);
    let text = "";
    for (const id of ids) if (id !== tokenizer.eosId) text += finder.push(decoder.push(id));
    text += finder.push(decoder.end());
    return { text: text + (finder.found ? "" : finder.end()), stopped: finder.found };
  };
  const found: BeamText[] = [];
  const turns = new Turns();
  let live: Beam[] = [{ ids: [], logProbability: 0, prefix: begun(reader, beginningOf(tokenizer), prompt) }];
  for (let n = 1; live.length > 0; n++) {
    const extensions = live.flatMap((beam) => best(beam, width, unwritten));
    extensions.sort((a, b) => b.logProbability - a.logProbability);
    const goingOn: Extension[] = [];
    for (const extension of extensions.slice(0, width)) {
      const { beam, id, logProbability } = extension;
      const ids = [...beam.ids, id];
      const { text, stopped } = textOf(ids);
      const done = stopped ? "stop" : id === tokenizer.eosId ? "eos" : n === length ? "length" : undefined;
      if (done) found.push({ text, ids, logProbability, score: logProbability / n ** alpha, done });
      else goingOn.push(extension);
    }
    found.sort((a, b) => b.score - a.score);
    found.splice(width);
    // ln p only falls, and a longer text divides it by more: no beam gets further than this.
    const reachable = (goingOn[0]?.logProbability ?? -Infinity) / length ** alpha;
    if (found.length === width && found.at(-1)!.score >= reachable) break;
    const prefixes = reader.extend(
      goingOn.map(({ beam }) => beam.prefix),
      goingOn.map(({ id }) => id),
    );
    reader.keep(prefixes);
    live = goingOn.map(({ beam, id, logProbability }, i) => ({
      ids: [...beam.ids, id],
      logProbability,
      prefix: prefixes[i]!,
    }));
    if (turns.due) await turns.give();
    signal?.throwIfAborted();
  }
  return found;
}

/** The state after beginning and prompt. */
function begun(reader: PrefixReader, beginning: number | undefined, prompt: Int32Array): Prefix {
  const ids = beginning === undefined ? [...prompt] : [beginning, ...prompt];
  let prefix: Prefix | undefined;
  for (const id of ids) {
    prefix = reader.extend([prefix], [id])[0]!;
    reader.keep([prefix]);
  }
  if (!prefix)
    throw new UserError({
      option: "prompt",
      problem: "There is nothing that the text could begin after: the vocabulary has no newline",
      advice: "give a prompt",
    });
  return prefix;
}

/** The most probable tokens after a beam, most probable first. */
function best(beam: Beam, most: number, unwritten: ReadonlySet<number>): Extension[] {
  const { logits, normaliser } = beam.prefix;
  const greatest = new Greatest<number>(most);
  for (let id = 0; id < logits.length; id++) {
    const x = logits[id]!;
    if (x > greatest.least && !unwritten.has(id)) greatest.add(id, x);
  }
  return greatest.found.map(({ item, score }) => ({
    beam,
    id: item,
    logProbability: beam.logProbability + score - normaliser,
  }));
}
