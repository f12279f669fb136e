/** docs/options.md is what the tables say. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { COMMANDS } from "../../src/options/index.js";
import { optionDocs, PAGE } from "../../scripts/write-option-docs.js";

test("docs/options.md is current; npm run docs:options writes it anew", () => {
  expect(readFileSync(PAGE, "utf8")).toBe(optionDocs());
});

test("every command with options has a section", () => {
  const page = optionDocs();
  for (const name of Object.keys(COMMANDS)) expect(page).toContain(`\`recurra ${name}\``);
});
