/** What else to do about the errors of a piece of work: where damaged files are read that can be made anew, how. */
import { type Sentence, UserError } from "./errors.js";

/** @param remedy a whole sentence, which follows that of a `UserError` of the work */
export async function withRemedy<Result>(remedy: Sentence, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    const { option, problem, advice } = cause;
    const told = [...partsOf(problem), ...(advice === undefined ? [] : ["; ", ...partsOf(advice), "."])];
    throw new UserError({ option, problem: [...told, " ", ...remedy] }, { cause });
  }
}

const partsOf = (text: string | Sentence): Sentence => (typeof text === "string" ? [text] : text);
