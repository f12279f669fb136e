/** docs/options.md is what the tables say. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { optionDocs, PAGE } from "../../scripts/write-option-docs.js";

test("docs/options.md is current; npm run docs:options writes it anew", () => {
  expect(readFileSync(PAGE, "utf8")).toBe(optionDocs());
});
