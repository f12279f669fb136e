/** Real texts that lie beside the checkout (`../shared/data`), for tests that need them. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "vitest";

const FOLDER = fileURLToPath(new URL("../../shared/data/", import.meta.url));

/** Path of `../shared/data/<name>`, or undefined when it is not there. */
export function sharedData(name: string): string | undefined {
  const path = FOLDER + name;
  return existsSync(path) ? path : undefined;
}

/**
 * A test that reads `../shared/data/<name>`. Without the file it is skipped and says why; with CI=true it fails, so that
 * a check can never pass for want of data.
 */
export function testWithSharedData(
  title: string,
  name: string,
  run: (path: string) => void | Promise<void>,
): void {
  const path = sharedData(name);
  if (path !== undefined) test(title, () => run(path));
  else if (process.env["CI"] === "true") {
    test(title, () => {
      throw new Error(`../shared/data/${name} is missing`);
    });
  } else test.skip(`${title} (skipped: ../shared/data/${name} is missing)`, () => {});
}
