/**
 * Orthogonalisation by Newton and Schulz, as Muon has it (Jordan et al., 2024): of X = U S Vᵀ nearly U Vᵀ is left, with
 * singular values between 0.7 and 1.2 where they were not tiny:
 *
 *   X ← X / ‖X‖,   then five times   X ← a X + (b A + c A²) X with A = X Xᵀ
 *
 * or, where X has more rows than columns, X ← a X + X (b A + c A²) with A = Xᵀ X. The products are an engine's; where it
 * trains in bf16, in bf16.
 */
import type { Engine, PackedMatrix, Sums, Tensor } from "../engine/engine.js";

const [A, B, C] = [3.4445, -4.775, 2.0315];
const ITERATIONS = 5;
/** The least norm that is divided by. */
const LEAST_NORM = 1e-7;

/** Room for matrices of one shape. */
interface Room {
  /** (s, s), s being the smaller size. */
  readonly gram: Tensor;
  readonly polynomial: Tensor;
  readonly packedSquare: PackedMatrix;
  /** X as a right-hand operand, and Xᵀ. */
  readonly packedX: PackedMatrix | undefined;
  readonly packedXt: PackedMatrix | undefined;
  readonly product: Tensor;
}

export class Orthogonaliser {
  readonly #engine: Engine;
  readonly #sums: Sums;
  readonly #rooms = new Map<string, Room>();

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#sums = engine.sums();
  }

  /** X (m, k) in place. */
  apply(x: Tensor, m: number, k: number): void {
    const engine = this.#engine;
    this.#sums.clear();
    engine.sumOfSquares(x, this.#sums);
    const norm = Math.sqrt(this.#sums.readNow().squares);
    engine.addScaled(x, 1 / Math.max(norm, LEAST_NORM), x, 0);
    const room = this.#room(m, k);
    const { gram, polynomial, packedSquare, product } = room;
    const s = Math.min(m, k);
    for (let i = 0; i < ITERATIONS; i++) {
      this.#gram(x, m, k, room);
      engine.pack(gram, packedSquare, false);
      engine.matmul(gram, packedSquare, polynomial, s);
      engine.addScaled(gram, B, polynomial, C);
      if (m <= k) {
        engine.pack(x, room.packedX!, false);
        engine.matmul(polynomial, room.packedX!, product, m);
      } else {
        engine.pack(polynomial, packedSquare, false);
        engine.matmul(x, packedSquare, product, m);
      }
      engine.addScaled(product, 1, x, A);
    }
  }

  /** gram = X Xᵀ where m ≤ k, else Xᵀ X */
  #gram(x: Tensor, m: number, k: number, { gram, packedXt }: Room): void {
    const engine = this.#engine;
    if (m > k) {
      engine.fill(gram, 0);
      engine.weightGradient(x, x, gram, m, k, k);
      return;
    }
    engine.pack(x, packedXt!, true);
    engine.matmul(x, packedXt!, gram, m);
  }

  #room(m: number, k: number): Room {
    const key = `${m} × ${k}`;
    let room = this.#rooms.get(key);
    if (!room) {
      const engine = this.#engine;
      const kind = engine.trainingOperands;
      const s = Math.min(m, k);
      room = {
        gram: engine.tensor(s * s),
        polynomial: engine.tensor(s * s),
        packedSquare: engine.packed(s, s, kind),
        packedX: m <= k ? engine.packed(m, k, kind) : undefined,
        packedXt: m <= k ? engine.packed(k, m, kind) : undefined,
        product: engine.tensor(m * k),
      };
      this.#rooms.set(key, room);
    }
    return room;
  }
}
