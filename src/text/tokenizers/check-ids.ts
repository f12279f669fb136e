/** Checks of the ids and texts that a tokenizer is given. */
import { refuseArgument } from "../../argument-checks.js";

/** @throws UserError where it is no list of ids */
export function checkIds(ids: unknown): asserts ids is ArrayLike<number> {
  const list = typeof ids === "object" && ids !== null && Number.isInteger((ids as ArrayLike<number>).length);
  if (!list) refuseArgument("The argument of decode", ids, "give the ids in an array");
}

/** @param size number of tokens @throws UserError that names the ids there are */
export function refuseId(id: unknown, size: number): never {
  refuseArgument("The token's id", id, `give a whole number from 0 to ${size - 1}`);
}
