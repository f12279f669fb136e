/** The name of a page that a command writes. */
import { option, sentence, UserError } from "../errors.js";

/** @param name the option that names it @throws UserError where it is no name of a page, or is there already */
export async function checkPage(name: string, path: string, overwrite: boolean): Promise<void> {
  if (!/\.html?$/i.test(path))
    throw new UserError({
      option: name,
      problem: sentence`${option(name, path)} has not the ending .html`,
      advice: "name a file with it",
    });
  const { checkNotThere } = await import("../format/existing-file.js");
  checkNotThere(path, overwrite);
}
