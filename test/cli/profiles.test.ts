/** `recurra adapt`, `--profile` and `recurra profile`. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { load, train } from "../../src/index.js";
import { toyText } from "../train/toy-text.js";
import { npy } from "../format/make-npy.js";
import { capturedIo, recurra } from "./captured-io.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-profile-cli-"));
const at = (name: string): string => join(folder, name);
const TEXT = toyText(60);
const OWN = TEXT.slice(0, 90).split(" ").toReversed().join(" ").repeat(14);
/** Of each two words of the text both orders. */
const LISTS = JSON.stringify(
  TEXT.split(" ")
    .slice(0, 60)
    .map((word, i, words) => {
      const next = words[(i + 1) % words.length]!;
      return { id: `u${i}`, hyps: [`${word} ${next}`, `${next} ${word}`] };
    }),
);
const WEIGHTS = JSON.stringify({
  format: "recurra-rescoring",
  version: 1,
  weights: { rank: 0, model: 1, words: 0 },
});
const model = at("toy.model");

beforeAll(async () => {
  const options = { hidden: 12, embedding: 12, layers: 1, batchSize: 2, seqLen: 8, steps: 60, seed: 1 };
  await train({ text: TEXT, out: model, ...options, threads: 1 });
  writeFileSync(at("own.txt"), OWN);
  writeFileSync(at("other.txt"), TEXT);
  writeFileSync(at("labels.txt"), "<blank>\n \nt\nh\ne\ns\na\n");
  const frames = new Float32Array(10 * 7).fill(Math.log(1 / 7));
  writeFileSync(at("heard.npy"), npy("<f4", "10, 7", new Uint8Array(frames.buffer)));
  writeFileSync(at("lists.json"), LISTS);
  writeFileSync(at("weights.json"), WEIGHTS);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const done = async (...argv: string[]): Promise<string> => {
  const { code, out, err } = await recurra(argv);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return out;
};
const refused = async (...argv: string[]): Promise<string> => {
  const { code, err, out } = await recurra(argv);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(/^recurra: [^\n]+[.?)]\n$/);
  return err;
};

interface Told {
  readonly profile: string;
  readonly point: number;
  readonly tokens: number;
  readonly bits_per_char: number;
  readonly plain_bits_per_char: number;
}
interface Listed {
  readonly name: string;
  readonly problem: string | null;
  readonly off: boolean;
  readonly points: readonly { readonly number: number; readonly characters: number }[];
}
const list = async (...names: string[]): Promise<Listed[]> =>
  (await done("profile", "list", model, ...names, "--json"))
    .split("\n")
    .flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Listed]));

test("from learning to forgetting", { timeout: 120_000 }, async () => {
  const first = await done("adapt", model, at("own.txt"));
  expect(first).toMatch(/^profile +me, point 1$/m);
  expect(first).toMatch(/^bits per character +[\d.]+, without learning [\d.]+: [\d.]+ % fewer$/m);
  const told = JSON.parse(await done("adapt", model, at("own.txt"), "--json", "--profile", "me")) as Told;
  expect(told).toMatchObject({ profile: "me", point: 2, tokens: OWN.length - 1 });
  expect(told.bits_per_char).toBeLessThan(told.plain_bits_per_char);

  // A pipe, as it comes.
  const piped = capturedIo({ stdin: OWN });
  const { code, out } = await recurra(["adapt", model, "-", "--profile", "work", "--rate", "0.1"], piped);
  expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining("work, point 1") as string });
  expect((await list()).map(({ name, points }) => [name, points.length])).toEqual([
    ["me", 2],
    ["work", 1],
  ]);
  expect(await done("profile", "list", model, "me")).toMatch(
    /^me +2 points, [^\n]+ fewer\n {5}1 {2}\d{4}-[^\n]+\n {5}2 /,
  );

  // Every command that takes it says what the library says.
  const mine = await load(model, { profile: "me", threads: 1 });
  const plain = await load(model, { threads: 1 });
  const [own, ownPlain] = [await mine.evaluate(OWN), await plain.evaluate(OWN)];
  const measured = JSON.parse(await done("eval", model, at("own.txt"), "--profile", "me", "--json")) as {
    bits_per_char: number;
    profile: {
      plain_bits_per_char: number;
      held_out: { bits_per_char: number; plain_bits_per_char: number };
    };
  };
  expect(measured.bits_per_char).toBeCloseTo(own.bitsPerChar, 6);
  expect(measured.profile.plain_bits_per_char).toBeCloseTo(ownPlain.bitsPerChar, 6);
  // It has forgotten some of what it was trained for: the held-out text that still lies in the folder.
  const { held_out: heldOut } = measured.profile;
  expect(heldOut.bits_per_char).toBeGreaterThan(heldOut.plain_bits_per_char);
  const table = await done("eval", model, at("own.txt"), "--profile", "me", "--held-out", at("other.txt"));
  expect(table).toMatch(/^without it +[\d.]+ bits per character: [\d.]+ % fewer with the profile$/m);
  expect(table).toMatch(/^held-out text +[\d.]+ bits per character, without the profile [\d.]+ .*more with/m);
  const scored = JSON.parse(await done("score", model, "the sea", "--profile", "me", "--json")) as {
    bits: number;
  };
  expect(scored.bits).toBeCloseTo(mine.scoreLine("the sea").bits, 6);
  const written = await done("generate", model, "--profile", "me", "--seed", "3", "--length", "40");
  expect(written).not.toBe(await done("generate", model, "--seed", "3", "--length", "40"));
  const completed = await done("complete", model, "the s", "--profile", "me", "--json");
  expect(completed).not.toBe(await done("complete", model, "the s", "--json"));
  // Those of the vectors, of a recogniser's texts, and of what decided.
  const { vector } = JSON.parse(await done("embed", model, "the sea", "--profile", "me")) as {
    vector: number[];
  };
  expect(Float32Array.from(vector)).toEqual((await mine.embed(["the sea"]))[0]);
  for (const argv of [
    ["similar", model, at("other.txt"), "the sea", "--json"],
    ["similar", model, "--word", "t", "--json"],
    ["explain", model, "the sea", "--json"],
    ["rescore", model, at("lists.json"), "--weights", at("weights.json")],
    ["decode", model, at("heard.npy"), "--labels", at("labels.txt"), "--json"],
  ])
    expect(await done(...argv, "--profile", "me")).not.toBe(await done(...argv));
  expect(
    await refused("decode", "none", at("heard.npy"), "--labels", at("labels.txt"), "--profile", "me"),
  ).toContain("there is none");
  // An index of the profile is none of the model.
  const search = ["similar", model, at("other.txt"), "the sea", "--index", at("lines.index")];
  await done(...search, "--profile", "me");
  expect(await refused(...search)).toContain("another model");
  // What goes on following the text does so from the profile.
  const dynamic = JSON.parse(
    await done("eval", model, at("own.txt"), "--profile", "me", "--dynamic", "--json"),
  ) as typeof measured;
  expect(dynamic.bits_per_char).not.toBe(measured.bits_per_char);
  expect(dynamic.profile.plain_bits_per_char).not.toBe(measured.profile.plain_bits_per_char);

  // Switched off, the model is as it was trained.
  expect(await done("profile", "off", model, "me")).toBe("me is off.\n");
  const off = await recurra(["score", model, "the sea", "--profile", "me", "--json"]);
  expect(off.err).toBe("The profile me is switched off: the model reads as it was trained.\n");
  expect(off.out).toBe(await done("score", model, "the sea", "--json"));
  expect(await refused("adapt", model, at("own.txt"))).toContain("switched off");
  expect((await list("me"))[0]).toMatchObject({ off: true, problem: null });
  await done("profile", "on", model, "me");

  // Going back.
  expect(await refused("profile", "roll-back", model, "me", "7")).toContain(
    "has no point 7; there are 0 to 2.",
  );
  expect(await refused("profile", "roll-back", model, "me", "x")).toContain('"x" is none');
  expect(await done("profile", "roll-back", model, "me", "1")).toBe(
    "me is as it was at point 1; 1 point forgotten.\n",
  );
  expect((await list("me"))[0]!.points.map(({ number }) => number)).toEqual([1]);

  // Merging.
  const merged = await done("profile", "merge", model, "me", "work", "--into", "both", "--weights", "1,0.5");
  expect(merged).toContain("2 profiles merged in ");
  expect((await list("both"))[0]!.points).toHaveLength(2);
  expect(await refused("profile", "merge", model, "me", "work", "--into", "both")).toContain("already");
  expect(await refused("profile", "merge", model, "me", "--into", "x")).toContain("two profiles or more");
  expect(
    await refused("profile", "merge", model, "me", "work", "--into", "x", "--weights", "1,2,3"),
  ).toContain("has 3 numbers, and there are 2 profiles");
  const both = await load(model, { profile: "both", threads: 1 });
  expect((await both.evaluate(OWN)).bitsPerChar).toBeLessThan(ownPlain.bitsPerChar);

  // A model of its own.
  await done("profile", "export", model, "me", "--out", at("mine.model"));
  const point = await load(model, { profile: "me", threads: 1 });
  const own2 = await load(at("mine.model"), { threads: 1 });
  expect((await own2.evaluate(OWN)).bitsPerChar).toBe((await point.evaluate(OWN)).bitsPerChar);
  expect(await refused("profile", "export", model, "me", "--out", at("mine.model"))).toContain(
    "already holds",
  );
  const elsewhere = await done("profile", "list", at("mine.model"), join(model, "profiles/me.safetensors"));
  expect(elsewhere).toContain("is a profile of another model");

  // Deleting.
  expect(await refused("profile", "delete", model, "mee")).toContain("did you mean me?");
  expect(await refused("profile", "delete", model, at("own.txt"))).toContain("own.txt");
  expect(existsSync(at("own.txt"))).toBe(true);
  expect(await done("profile", "delete", model, "me", "work", "both")).toBe(
    "me is deleted.\nwork is deleted.\nboth is deleted.\n",
  );
  expect(existsSync(join(model, "profiles"))).toBe(false);
  const none = await recurra(["profile", "list", model]);
  expect(none).toMatchObject({ code: 0, out: "" });
  expect(none.err).toContain("has no profiles yet");
});

test("a torn profile can be listed and deleted", async () => {
  await done("adapt", model, at("own.txt"));
  const path = join(model, "profiles/me.safetensors");
  writeFileSync(path, readFileSync(path).subarray(0, 200));
  expect(await refused("generate", model, "--profile", "me")).toContain("recurra profile delete");
  expect((await list())[0]).toMatchObject({ name: "me", points: [], problem: expect.any(String) as string });
  expect(await done("profile", "list", model)).toContain(path);
  await done("profile", "delete", model, "me");
});

test("without a word for what to do its help is shown", async () => {
  for (const command of ["profile", "ngram"]) {
    const { code, out, err } = await recurra([command]);
    expect(code).toBe(0);
    expect(out + err).toMatch(new RegExp(`^Usage: recurra ${command} <`));
  }
  const { code, err } = await recurra(["profile", "rol"]);
  expect({ code, err }).toEqual({
    code: 2,
    err: 'recurra: There is no command "rol"; there are list, roll-back, merge, off, on, delete, export.\n',
  });
});

test("what does not go together is told", async () => {
  expect(await refused("adapt", model)).toContain("needs a text");
  expect(await refused("adapt", model, at("own.txt"), "--epsilon", "2")).toContain(
    "--epsilon belongs to --method rms",
  );
  expect(await refused("adapt", at("own.txt"), model)).toContain("the model comes first");
  expect(await refused("generate", model, "--profile", "nobody")).toContain("there is none yet");
  const text = at("own.txt");
  expect(await refused("eval", model, text, "--held-out", text)).toContain(
    "--held-out is given without --profile",
  );
  expect(await refused("eval", model, model, text, "--profile", "me")).toContain("there are several");
  expect(await refused("eval", model, text, "--profile", "me", "--cache", "--tune", text)).toContain(
    "tune the model first",
  );
  const empty = await recurra(["adapt", model, "-"], capturedIo());
  expect(empty).toMatchObject({ code: 2, out: "" });
  expect(empty.err).toContain("Standard input is empty");
  expect(existsSync(join(model, "profiles"))).toBe(false);
});

test("Ctrl-C keeps what was learned by then", async () => {
  const io = capturedIo();
  const lines = Readable.from(
    (async function* () {
      yield Buffer.from(OWN);
      io.interrupt();
      yield Buffer.from("the rest\n");
    })(),
  );
  const { code, out } = await recurra(["adapt", model, "-"], { ...io, stdin: lines });
  expect(code).toBe(130);
  expect(out).toContain("me, point 1");
  expect(readdirSync(join(model, "profiles"))).toEqual(["me.safetensors"]);
  await done("profile", "delete", model, "me");
});
