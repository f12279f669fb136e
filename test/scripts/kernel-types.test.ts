/** The kernels' signatures in TypeScript are those of native/src/kernels.def, and a list that is none is refused. */
import { describe, expect, test } from "vitest";
import { kernelTypes, kernelTypesOfCheckout, parseKernels } from "../../scripts/make-kernel-types.js";

const SOFTMAX = "KERNEL(softmax_loss, POOL FLOATS(h) OPTIONAL(dH))";

describe("kernel types", () => {
  test("src/engine/kernels.ts is what native/src/kernels.def says", () => {
    const { wanted, written } = kernelTypesOfCheckout();
    expect(written).toBe(wanted);
  });

  test("names, kinds and order come from the list", () => {
    const text = `/* About the file. */\n\n/* y += x */\nKERNEL(add, FLOATS(x)\n  FLOATS(y) COUNT(n))\n${SOFTMAX}\n\nTRAINING_KERNEL(scale, POOL OPTIONAL(x) FLAG(back) NUMBER(by))\n#undef KERNEL\n`;
    const kernels = parseKernels(text);
    expect(kernels.map(({ name, training, comment }) => ({ name, training, comment }))).toEqual([
      { name: "add", training: false, comment: "y += x" },
      { name: "softmax_loss", training: false, comment: "" },
      { name: "scale", training: true, comment: "" },
    ]);
    const types = kernelTypes(kernels);
    expect(types).toContain(
      "  /** y += x */\n  readonly add: (x: Address, y: Address, n: number) => number;\n",
    );
    expect(types).toContain(
      "  readonly scale: (pool: Address, x: Address | 0, back: Flag, by: number) => number;\n",
    );
    expect(types).toContain("export const SOFTMAX_LOSS_DH = 2;\n");
    expect(types).toContain("export const MOST_ARGUMENTS = 4;\n");
  });

  test.each([
    [
      "an unknown kind",
      "KERNEL(add, FLOATS(x) WORDS(y))",
      "add has an argument that is not understood: WORDS(y)",
    ],
    [
      "a kind without a name",
      "KERNEL(add, FLOATS COUNT(n))",
      "add has an argument that is not understood: FLOATS",
    ],
    ["a pool with a name", "KERNEL(add, POOL(x))", "add has an argument that is not understood: POOL(x)"],
    ["a name twice", "KERNEL(add, FLOATS(x) COUNT(x))", "add takes x twice"],
    ["a kernel twice", "KERNEL(add, COUNT(n))\nKERNEL(add, COUNT(n))", "add stands twice"],
    [
      "another line",
      "KERNEL(add, COUNT(n))\nKERNAL(fill, COUNT(n))",
      "not understood: KERNAL(fill, COUNT(n))",
    ],
    ["an open bracket", "KERNEL(add, COUNT(n)\n", "not understood: KERNEL(add, COUNT(n)"],
  ])("%s is refused", (_case, text, problem) => {
    expect(() => parseKernels(text)).toThrow(`kernels.def: ${problem}`);
  });

  test("a position that TypeScript needs has to be there", () => {
    expect(() => kernelTypes(parseKernels("KERNEL(add, COUNT(n))"))).toThrow(
      "softmax_loss has no argument dH",
    );
  });
});
