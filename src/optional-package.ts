/** Packages that only some users need: they are not installed with recurra, and are asked for by name when they are missing. */
import { UserError } from "./errors.js";

/**
 * Loads a package that may not be installed.
 * @param purpose at the beginning of a sentence: "Reading data.csv"
 * @param load `import("…")` of its name
 * @throws UserError with the command that installs it, where it is missing
 */
export async function optionalPackage<Module>(
  name: string,
  purpose: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    // What is missing may also be something that the package itself needs.
    if ((cause as { code?: unknown } | null)?.code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new UserError(
      `${purpose} takes the package ${name}, which is not installed; install it with npm install ${name}.`,
      { cause },
    );
  }
}
