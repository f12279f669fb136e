import { expect, test } from "vitest";
import { wrapped } from "../../src/cli/visible-text.js";

test("sentences break between words, colours have no width, commands stay whole", () => {
  expect(wrapped("one two three", 7)).toBe("one two\nthree");
  expect(wrapped("\u001b[33mone two\u001b[39m three", 7)).toBe("\u001b[33mone two\u001b[39m\nthree");
  expect(wrapped("  recurra generate a.model", 10)).toBe("  recurra generate a.model");
  expect(wrapped("unbreakable word", 4)).toBe("unbreakable\nword");
  expect(wrapped("first\nsecond line", 8)).toBe("first\nsecond\nline");
});
