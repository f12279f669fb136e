/** Files that are there already are not replaced unless that is asked for. */
import { existsSync } from "node:fs";
import { option, sentence, UserError } from "../errors.js";

/** @throws UserError where something of that name is there */
export function checkNotThere(path: string, overwrite: boolean): void {
  if (overwrite || !existsSync(path)) return;
  throw new UserError({
    option: "out",
    problem: `There is a file ${path} already`,
    advice: sentence`choose another name, or replace it with ${option("overwrite")}`,
  });
}
