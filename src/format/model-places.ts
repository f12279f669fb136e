/** Which of many paths are the files of a model's folder. */
import { UserError } from "../errors.js";
import { FILE_NAMES, NEEDED_FILES } from "./model-files.js";

const KNOWN: readonly string[] = Object.values(FILE_NAMES);

/** The known files among paths, below the shortest folder that has a config.json. @throws UserError */
export function placesOf(paths: readonly string[]): [name: string, path: string][] {
  const configs = paths.filter(
    (path) => path === FILE_NAMES.config || path.endsWith(`/${FILE_NAMES.config}`),
  );
  const config = configs.toSorted((a, b) => a.length - b.length)[0];
  if (config === undefined) {
    throw new UserError(
      "There is no config.json among these files, so they are no model; give the folder that recurra wrote, or its zip.",
    );
  }
  const folder = config.slice(0, -FILE_NAMES.config.length);
  const places = KNOWN.filter((name) => paths.includes(`${folder}${name}`));
  const missing = NEEDED_FILES.find((name) => !places.includes(name));
  if (missing !== undefined) {
    throw new UserError(
      `This is not a whole model: ${missing} is missing beside config.json; download it again.`,
    );
  }
  return places.map((name) => [name, `${folder}${name}`]);
}
