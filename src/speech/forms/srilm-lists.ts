/**
 * SRILM's n-best lists, a file for each utterance (nbest-format(5)), in its three forms:
 *
 *   NBestList1.0   (score) words…                         score in bytelogs
 *   NBestList2.0   (score) word ( st: t et: t g: s a: s ) …   language and acoustic scores a word, in bytelogs
 *   no header      acoustic lm n words…                    logarithms to base 10
 *
 * A bytelog is a logarithm to base e^(1024⁄10000.5) (SRILM's Prob.h). Sentence marks and pauses are no words: <s>, </s>,
 * -pau-, and what stands for none, *DELETE* and !NULL.
 */
import { UserError } from "../../errors.js";
import { shown } from "../../shown.js";
import { type FoundUtterance, type Hypothesis, wordsOf } from "../lists.js";
import { numberOf } from "./text-lines.js";

const BYTELOG = 1024 / 10000.5;
const NO_WORDS = new Set(["<s>", "</s>", "-pau-", "*DELETE*", "!NULL"]);

/** @param id of the utterance @throws UserError with the line */
export function srilmList(text: string, name: string, id: string): FoundUtterance {
  const lines = text.split("\n").map((line, i) => ({ line: line.trim(), where: `${name}, line ${i + 1}` }));
  const filled = lines.filter(({ line }) => line !== "");
  const header = filled[0]?.line;
  const withHeader = header === "NBestList1.0" || header === "NBestList2.0";
  if (!withHeader && header?.startsWith("NBestList"))
    throw new UserError(
      `${filled[0]!.where}: the form ${shown(header)} is not known; write the list as NBestList1.0 or NBestList2.0, or without such a line.`,
    );
  const form = header === "NBestList1.0" ? scored : header === "NBestList2.0" ? withTimes : withThreeNumbers;
  const hypotheses = filled.slice(withHeader ? 1 : 0).map(({ line, where }) => form(line, where));
  return { id, where: name, hypotheses };
}

/** The number in parentheses at the beginning, in nats, and what follows it. */
function scoreOf(line: string, where: string): { score: number; rest: string } {
  const [, score, rest] = /^\(\s*(\S+?)\s*\)\s*([^]*)$/.exec(line) ?? [];
  if (score === undefined)
    throw new UserError(
      `${where}: there is no score in parentheses at the beginning; write a hypothesis as (-1234) and its words.`,
    );
  return { score: numberOf(score, where, "the score") * BYTELOG, rest: rest! };
}

function scored(line: string, where: string): Hypothesis {
  const { score, rest } = scoreOf(line, where);
  return { text: textOf(wordsOf(rest)), scores: { score } };
}

function withTimes(line: string, where: string): Hypothesis {
  const { score, rest } = scoreOf(line, where);
  const words: string[] = [];
  let [acoustic, lm] = [0, 0];
  for (const [, word, inside] of rest.matchAll(/(\S+)(?:\s+\(\s*((?:[a-z]+:\s*\S+\s*)*)\))?/g)) {
    if (word === "(" || word === ")")
      throw new UserError(
        `${where}: the times and scores of a word cannot be read; write them after it, as word ( st: 0.1 et: 0.2 g: -10 a: -200 ).`,
      );
    words.push(word!);
    const fields = new Map(
      [...(inside ?? "").matchAll(/([a-z]+):\s*(\S+)/g)].map(([, field, value]) => [field!, value!]),
    );
    lm += numberOf(fields.get("g") ?? "0", where, "g") * BYTELOG;
    acoustic += numberOf(fields.get("a") ?? "0", where, "a") * BYTELOG;
  }
  return { text: textOf(words), scores: { score, acoustic, lm } };
}

function withThreeNumbers(line: string, where: string): Hypothesis {
  const [acoustic = "", lm = "", count = "", ...words] = wordsOf(line);
  const nats = (text: string, what: string): number => numberOf(text, where, what) * Math.LN10;
  numberOf(count, where, "the number of words");
  return {
    text: textOf(words),
    scores: { acoustic: nats(acoustic, "the acoustic score"), lm: nats(lm, "the language model's score") },
  };
}

const textOf = (words: readonly string[]): string => words.filter((word) => !NO_WORDS.has(word)).join(" ");
