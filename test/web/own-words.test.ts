/** Which words of a text a person has written. */
import { expect, test } from "vitest";
import { OwnWords } from "../../web/src/own-words.js";

test("what the model wrote is not the person's", () => {
  const own = new OwnWords();
  own.change("Call me ", "person");
  own.change("Call me Ishmael. ", "model");
  own.change("Call me Ishmael. Some years ago", "person");
  expect(own.take(1)).toEqual(["Call me ", "Some years ago"]);
});

test("nothing is taken twice, and what is short waits until there is more", () => {
  const own = new OwnWords();
  own.change("a storm", "person");
  expect(own.take(10)).toEqual([]);
  own.change("a storm at sea", "person");
  expect(own.take(10)).toEqual(["a storm at sea"]);
  expect(own.take(1)).toEqual([]);
  // What is written into it later is new; what is deleted is gone.
  own.change("a great storm at sea", "person");
  expect(own.take(1)).toEqual(["great "]);
  own.change("a great storm", "person");
  own.change("", "model");
  own.change("a storm at sea", "model");
  expect(own.take(1)).toEqual([]);
});

test("a text that repeats itself, and one that is replaced", () => {
  const own = new OwnWords();
  own.change("aaaa", "person");
  own.change("aaaaaa", "model");
  expect(own.take(1)).toEqual(["aaaa"]);
  own.change("bbbb", "person");
  expect(own.take(1)).toEqual(["bbbb"]);
});
