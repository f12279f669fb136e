/** Principal components, the common part and the nearest vectors, each beside plain loops. */
import { describe, expect, test } from "vitest";
import { createEngine } from "../../src/engine/create.js";
import { Random } from "../../src/engine/random.js";
import { commonPart, remainingLengths } from "../../src/vectors/common-part.js";
import { SimilaritySearch } from "../../src/vectors/most-similar.js";
import { principalComponents, symmetricEigen } from "../../src/vectors/principal-components.js";
import { dot, rowsOfBlock, vectorBlocks } from "../../src/vectors/vector-blocks.js";
import { cosine, unit } from "./plain.js";

const random = new Random(7);
const drawn = (n: number): number[] => Array.from({ length: n }, () => random.next() * 2 - 1);

/** Σ v vᵀ */
function products(vectors: readonly (readonly number[])[], D: number): Float64Array {
  const C = new Float64Array(D * D);
  for (const v of vectors)
    for (let i = 0; i < D; i++) for (let j = 0; j < D; j++) C[i * D + j]! += v[i]! * v[j]!;
  return C;
}
const rowsOfMatrix = (C: Float64Array, D: number): Float64Array[] =>
  Array.from({ length: D }, (_, i) => C.slice(i * D, (i + 1) * D));

describe("eigenvectors", () => {
  test("Jacobi's are orthonormal, and C u = λ u", () => {
    for (const D of [1, 2, 5, 9]) {
      const C = rowsOfMatrix(
        products(
          Array.from({ length: D + 3 }, () => drawn(D)),
          D,
        ),
        D,
      );
      const { values, vectors } = symmetricEigen(C);
      expect([...values]).toEqual(values.toSorted((a, b) => b - a));
      for (const [i, u] of vectors.entries()) {
        for (const [j, v] of vectors.entries()) expect(dot(u, v)).toBeCloseTo(i === j ? 1 : 0, 10);
        for (const [d, row] of C.entries()) expect(dot(row, u)).toBeCloseTo(values[i]! * u[d]!, 9);
      }
    }
  });

  test.each([1, 3, 12])("the first %i of orthogonal iteration are Jacobi's", (k) => {
    const D = 40;
    // Some directions are much longer than others, as those of texts are.
    const vectors = Array.from({ length: 60 }, () => drawn(D).map((x, d) => x * 4 ** -Math.min(d, 6)));
    const C = products(vectors, D);
    const all = symmetricEigen(rowsOfMatrix(C, D));
    const found = principalComponents(C, D, k);
    expect(found).toHaveLength(k);
    for (const [i, u] of found.entries()) expect(Math.abs(dot(u, all.vectors[i]!))).toBeCloseTo(1, 6);
  });

  test("of a matrix without rank, and of equal eigenvalues, are orthonormal all the same", () => {
    const D = 12;
    const same = Float64Array.from({ length: D * D }, (_, i) => (i % (D + 1) === 0 ? 1 : 0));
    const one = products([drawn(D)], D);
    for (const C of [new Float64Array(D * D), same, one]) {
      const found = principalComponents(C, D, 3);
      for (const [i, u] of found.entries())
        for (const [j, v] of found.entries()) expect(dot(u, v)).toBeCloseTo(i === j ? 1 : 0, 9);
    }
  });
});

describe("the common part", () => {
  test.each([
    [true, 0],
    [false, 2],
    [true, 3],
  ])("centre %s, components %i, beside plain loops", async (centre, components) => {
    const engine = await createEngine({ engine: "native" });
    const D = 10;
    const rows = Array.from({ length: 1500 }, () => drawn(D).map((x, d) => x / (1 + d) + 0.5));
    rows[3] = rows[3]!.map(() => 0);
    const vectors = vectorBlocks([Float32Array.from(rows.flat())], D);
    const full = rows.filter((row) => row.some((x) => x !== 0));
    const mean = Array.from({ length: D }, (_, d) =>
      centre ? full.reduce((sum, row) => sum + row[d]!, 0) / full.length : 0,
    );
    const centred = full.map((row) => row.map((x, d) => x - mean[d]!));
    const { vectors: eigen } = symmetricEigen(rowsOfMatrix(products(centred, D), D));
    const plain = (row: readonly number[]): number[] => {
      let rest = row.map((x, d) => x - mean[d]!);
      for (const u of eigen.slice(0, components)) {
        const part = dot(rest, u);
        rest = rest.map((x, d) => x - part * u[d]!);
      }
      return rest;
    };
    const common = commonPart(engine, vectors, { centre, components }, "text")!;
    const lengths = remainingLengths(vectors, common);
    for (const n of [0, 3, 700, 1499]) {
      const vector = Float32Array.from(rows[n]!);
      common.remove(vector);
      const expected = n === 3 ? rows[3]! : plain(rows[n]!);
      for (const [d, x] of expected.entries()) expect(vector[d]).toBeCloseTo(x, 4);
      expect(lengths[n]).toBeCloseTo(Math.hypot(...expected), 4);
    }
  });
});

describe("the nearest vectors", () => {
  test.each(["native", "reference"] as const)(
    "are those of all cosines, over several blocks: %s",
    async (name) => {
      const engine = await createEngine({ engine: name });
      const D = 1 << 17;
      // Wide vectors of few numbers that are not 0, so that a block has few rows.
      expect(rowsOfBlock(D)).toBe(8);
      const rows = Array.from({ length: 10 }, () => {
        const row = new Float32Array(D);
        for (const x of drawn(6)) row[Math.floor(random.next() * 6)] = x;
        return row;
      });
      rows[4]!.fill(0);
      rows[9]!.set(rows[2]!);
      const data = new Float32Array(10 * D);
      rows.forEach((row, n) => data.set(row, n * D));
      const vectors = vectorBlocks([data], D);
      const search = new SimilaritySearch(engine);
      const lengths = remainingLengths(vectors, undefined);
      for (const Q of [1, 7]) {
        const queries = Float32Array.from(
          Array.from({ length: Q }, (_, q) => unit(rows[[2, 0, 5, 6, 1, 7, 8][q]!]!)).flat(),
        );
        const found = await search.mostSimilar(vectors, lengths, queries, { most: 5 });
        for (const [q, neighbours] of found.entries()) {
          const query = queries.subarray(q * D, (q + 1) * D);
          const all = rows
            .map((row, index) => ({ index, score: index === 4 ? -Infinity : cosine(query, row) }))
            .toSorted((a, b) => b.score - a.score);
          expect(neighbours.length).toBe(5);
          for (const [i, { score }] of neighbours.entries()) expect(score).toBeCloseTo(all[i]!.score, 5);
          expect(neighbours.map(({ index }) => index)).not.toContain(4);
        }
        // The query is row 2, which row 9 repeats: the earlier comes first.
        expect(found[0]!.slice(0, 2).map(({ index }) => index)).toEqual([2, 9]);
      }
    },
  );

  test("with a common part are those of vectors without it", async () => {
    const engine = await createEngine({ engine: "native" });
    const D = 24;
    const rows = Array.from({ length: 300 }, () => drawn(D).map((x, d) => x / (1 + d) + 3));
    const vectors = vectorBlocks([Float32Array.from(rows.flat())], D);
    const common = commonPart(engine, vectors, { centre: true, components: 2 }, "text")!;
    const without = rows.map((row) => {
      const vector = Float32Array.from(row);
      common.remove(vector);
      return vector;
    });
    const query = Float32Array.from(unit(without[17]!));
    const [found] = await new SimilaritySearch(engine).mostSimilar(
      vectors,
      remainingLengths(vectors, common),
      query,
      { most: 20, mean: common.mean },
    );
    const all = without
      .map((vector, index) => ({ index, score: cosine(query, vector) }))
      .toSorted((a, b) => b.score - a.score);
    expect(found![0]!.index).toBe(17);
    for (const [i, { score }] of found!.entries()) expect(score).toBeCloseTo(all[i]!.score, 4);
  });
});
