/**
 * Lists as JSON, in two forms. Ours: an array of { ref, hyps }, with an id if wanted, a hypothesis being a text or
 * { text, score } or { text, scores: { name: number } }. That of mlm-scoring: an object of
 * { ref, hyp_1: { text, score }, hyp_2: … } by utterance.
 */
import { UserError } from "../../errors.js";
import { shown } from "../../shown.js";
import { type FoundUtterance, type Hypothesis, plainText } from "../lists.js";

type Json = Readonly<Record<string, unknown>>;

/** @param name of the file, for messages @throws UserError for what is neither form */
export function jsonLists(value: unknown, name: string): FoundUtterance[] {
  if (Array.isArray(value))
    return value.map((item: unknown, i) => ownForm(item, `${name}, utterance ${i + 1}`, String(i + 1)));
  if (!isObject(value))
    throw new UserError(
      `${name} holds ${shown(value)}; give an array of { ref, hyps }, or an object of { ref, hyp_1, … } by utterance.`,
    );
  return Object.entries(value).map(([id, item]) => byNumber(id, item, `${name}, utterance ${shown(id)}`));
}

function ownForm(item: unknown, where: string, number: string): FoundUtterance {
  if (!isObject(item)) refuse(where, "is", item, "an object { ref, hyps }");
  const { ref, hyps, id = number } = item;
  const meant = Object.keys(item).find((key) => key !== "ref" && /^ref/i.test(key));
  if (ref === undefined && meant !== undefined)
    throw new UserError(`${where} has a key ${shown(meant)} and no reference; give the reference as ref.`);
  if (typeof id !== "string" && typeof id !== "number") refuse(where, "has the id", id, "a text");
  if (!Array.isArray(hyps)) refuse(where, "has as hyps", hyps, "an array of hypotheses");
  const hypotheses = hyps.map((hypothesis: unknown, i) =>
    hypothesisOf(hypothesis, `${where}, hypothesis ${i + 1}`),
  );
  return { id: String(id), references: referencesOf(ref, where), hypotheses, where };
}

function byNumber(id: string, item: unknown, where: string): FoundUtterance {
  if (!isObject(item)) refuse(where, "is", item, "an object { ref, hyp_1, … }");
  const numbers = Object.keys(item).flatMap((key) => /^hyp_([1-9]\d*)$/.exec(key)?.[1] ?? []);
  const other = Object.keys(item).find((key) => key !== "ref" && !numbers.includes(key.slice(4)));
  if (other !== undefined)
    throw new UserError(
      `${where} has a key ${shown(other)}, which is none of ref, hyp_1, hyp_2 and so on; name it so, or leave it out.`,
    );
  const hypotheses = numbers
    .toSorted((a, b) => Number(a) - Number(b))
    .map((number) => hypothesisOf(item[`hyp_${number}`], `${where}, hyp_${number}`));
  return { id, references: referencesOf(item["ref"], where), hypotheses, where };
}

function referencesOf(value: unknown, where: string): string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") refuse(where, "has as ref", value, "a text");
  return [plainText(value)];
}

function hypothesisOf(value: unknown, where: string): Hypothesis {
  if (typeof value === "string") return { text: plainText(value), scores: {} };
  if (!isObject(value)) refuse(where, "is", value, "a text, or an object with a text");
  const { text, score, scores = {}, ...rest } = value;
  const [other] = Object.keys(rest);
  if (other !== undefined)
    throw new UserError(
      `${where} has a key ${shown(other)}, which is none of text, score and scores; name it so, or leave it out.`,
    );
  if (typeof text !== "string") refuse(where, "has as text", text, "a text");
  if (!isObject(scores)) refuse(where, "has as scores", scores, "an object of numbers by name");
  const all = score === undefined ? scores : { score, ...scores };
  for (const [name, number] of Object.entries(all)) {
    // JSON has no infinity, but 1e999 is read as one.
    if (typeof number !== "number" || !Number.isFinite(number))
      refuse(where, `has as ${name}`, number, "a number");
  }
  return { text: plainText(text), scores: all as Record<string, number> };
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function refuse(where: string, what: string, value: unknown, wanted: string): never {
  throw new UserError(`${where} ${what} ${shown(value)}; give ${wanted}.`);
}
