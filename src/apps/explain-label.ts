/** Which words decided for a label: erasure, on the classifier's own way of reading a text. */
import { probabilitiesOf } from "../classify/head.js";
import { option, sentence, UserError } from "../errors.js";
import type { Explanation } from "../explain/explanation.js";
import { piecesOf } from "../explain/pieces.js";
import { joined } from "../explain/question.js";
import { beginningOf } from "../generate/beginning.js";
import { outputWidth } from "../model/widths.js";
import { nearest } from "../nearest.js";
import type { PIECES } from "../options/words.js";
import { tokensOf } from "../vectors/embedder.js";
import { pooledWidth } from "../vectors/pooling.js";
import { readVectors } from "../vectors/read-vectors.js";
import { rowsOf } from "../vectors/vector-blocks.js";
import type { Classifier } from "./classifier.js";

export interface LabelSettings {
  /** A label; the one that the text is told to have where it is absent. */
  readonly target: string | undefined;
  readonly by: (typeof PIECES)[number];
  readonly context: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * a_s = ln p(label | x) − ln p(label | x without the piece s), in nats.
 * @throws UserError for a text without tokens, and what is no label; the signal's reason where that ended it
 */
export async function explainLabel(
  { model: { model, tokenizer, config }, head }: Classifier,
  text: string,
  { target, by, context, signal }: LabelSettings,
): Promise<Explanation> {
  const own = tokensOf(tokenizer, text);
  if (own.length === 0)
    throw new UserError("There is no word in the text, so none can have decided; give a text with some.");
  const known = target === undefined ? undefined : labelNumber(head.labels, target);
  const earlier = Math.max(0, own.length - context);
  const pieces = piecesOf(tokenizer, own.subarray(earlier), by);
  const without = pieces.map(({ start, end }) =>
    joined(own.subarray(0, earlier + start), own.subarray(earlier + end)),
  );
  const H = outputWidth(config);
  const vectors = await readVectors(
    model,
    [own, ...without],
    H,
    { pool: head.pool },
    { beginning: beginningOf(tokenizer), signal },
  );
  const [whole, ...others] = Array.from(rowsOf(vectors, pooledWidth(head.pool, H)), (vector) =>
    probabilitiesOf(head.logits(vector)),
  );
  const label = known ?? whole!.indexOf(Math.max(...whole!));
  const logProbability = Math.log(whole![label]!);
  const effects = others.map((p) => logProbability - Math.log(p[label]!));
  if (!Number.isFinite(logProbability) || effects.some((effect) => !Number.isFinite(effect)))
    throw new UserError(
      "The classifier is so sure that no finite figure comes out; explain another label or another text.",
    );
  return {
    text,
    target: head.labels[label]!,
    logProbability,
    probability: whole![label]!,
    method: "erasure",
    pieces: pieces.map((piece, n) => ({ text: piece.text, effect: effects[n]! })),
    earlier,
  };
}

/** @throws UserError where there is no such label */
function labelNumber(labels: readonly string[], target: string): number {
  const at = labels.indexOf(target);
  if (at >= 0) return at;
  const meant = nearest(target, labels);
  throw new UserError({
    option: "target",
    problem: sentence`${option("target", target)} is none of the classifier's labels`,
    advice:
      meant === undefined
        ? `there are ${labels.slice(0, 8).join(", ")}${labels.length > 8 ? ", …" : ""}`
        : `the nearest is ${meant}`,
  });
}
