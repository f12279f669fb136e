/**
 * SCTK's transcripts (`trn`): a line "words… (utterance)". Alternatives stand in braces, "{ um / uh / @ }" with @ for no
 * word, and optional words in parentheses, "(uh)": whatever of them makes the fewest errors is taken as said.
 */
import { UserError } from "../../errors.js";
import { wordsOf } from "../lists.js";
import { byKey, type KeyedLine } from "./text-lines.js";

/** Ways to read a line with alternatives that are tried. */
const MOST_WAYS = 256;

/** Transcripts by utterance, each with all ways to read it. @throws UserError with the line */
export function trnTexts(text: string, name: string): Map<string, string[]> {
  const lines = text.split("\n").flatMap((line, i): KeyedLine[] => {
    const where = `${name}, line ${i + 1}`;
    if (line.trim() === "" || line.startsWith(";;")) return [];
    const [, rest, key] = /^([^]*?)\s*\(([^\s()]+)\)\s*$/.exec(line) ?? [];
    if (key === undefined)
      throw new UserError(
        `${where}: there is no utterance in parentheses at the end; write a transcript as: some words (id).`,
      );
    return [{ key, rest: rest!, where }];
  });
  return new Map([...byKey(lines)].map(([id, { rest, where }]) => [id, waysOf(rest, where)]));
}

function waysOf(text: string, where: string): string[] {
  const tokens = wordsOf(text.replaceAll(/[{}/]/g, " $& "));
  let ways: string[][] = [[]];
  let at = 0;
  const refuse = (problem: string): never => {
    throw new UserError(`${where}: ${problem}; write alternatives as { one / another / @ }.`);
  };
  const extend = (choices: readonly (readonly string[])[]): void => {
    ways = ways.flatMap((way) => choices.map((choice) => [...way, ...choice]));
    if (ways.length > MOST_WAYS)
      throw new UserError(
        `${where}: there are more than ${MOST_WAYS} ways to read it; write fewer alternatives.`,
      );
  };
  while (at < tokens.length) {
    const token = tokens[at++]!;
    if (token === "}" || token === "/") refuse(`"${token}" stands outside of braces`);
    const [, optional] = /^\(([^()]+)\)$/.exec(token) ?? [];
    if (optional !== undefined) extend([[optional], []]);
    else if (token !== "{") extend([token === "@" ? [] : [token]]);
    else {
      const choices: string[][] = [[]];
      for (;;) {
        const inner = tokens[at++];
        if (inner === undefined) refuse('a "{" has no "}"');
        if (inner === "}") break;
        if (inner === "{") refuse("braces stand within braces");
        if (inner === "/") choices.push([]);
        else if (inner !== "@") choices.at(-1)!.push(inner!);
      }
      extend(choices);
    }
  }
  return [...new Set(ways.map((way) => way.join(" ")))];
}
