/**
 * The linear memory of a WebAssembly engine: it grows, hands out aligned pieces, and reclaims garbage-collected ones.
 */
import { UserError } from "../errors.js";
import type { Address } from "./kernels.js";
import type { Allocation, LinearMemory } from "./linear-memory.js";
import { type WasmMemory, webAssembly } from "./wasm-types.js";

const ALIGNMENT = 64;
const PAGE = 65536;
/** Addresses have 32 bits. */
export const MAXIMUM_BYTES = 2 ** 32;
/** One object must not be longer: differences of addresses have 32 bits with their sign. */
const LONGEST = 2 ** 31 - PAGE;
/** Pages of a new memory; a module asks for fewer. */
const FIRST_PAGES = 16;

/** A memory of at most `maximumBytes`, or of the half, the quarter …, as much address space as the runtime grants. */
export function makeMemory(maximumBytes: number, shared: boolean): { memory: WasmMemory; maximum: number } {
  for (let maximum = Math.ceil(maximumBytes / PAGE); ; maximum = Math.floor(maximum / 2)) {
    try {
      const memory = new webAssembly!.Memory({ initial: FIRST_PAGES, maximum, shared });
      return { memory, maximum: maximum * PAGE };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      if (maximum < 64 * FIRST_PAGES)
        throw new UserError(
          "There is no memory for the WebAssembly engine: the runtime grants it no 64 MiB.",
        );
    }
  }
}

/** A run of bytes that was used and is free again. */
interface Free {
  start: number;
  end: number;
}

export class WasmHeap implements LinearMemory {
  /** Growing detaches the buffer, unless it is shared. */
  readonly moves: boolean;
  readonly #memory: WasmMemory;
  readonly #maximum: number;
  /** From here on no byte was ever used: it is zero. */
  #top: number;
  /** Sorted; no two touch. */
  readonly #free: Free[] = [];
  /** Pieces whose tensors were collected come back by themselves. */
  readonly #collected = new FinalizationRegistry<Free>(({ start, end }) => this.#giveBack(start, end));

  /** @param base the first address that the module leaves free */
  constructor(memory: WasmMemory, maximum: number, base: number) {
    this.#memory = memory;
    this.moves = memory.buffer instanceof ArrayBuffer;
    this.#maximum = maximum;
    this.#top = aligned(base);
  }

  get bytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /**
   * @throws UserError when the memory cannot grow so far
   */
  allocate(bytes: number): Allocation {
    const memory = this.#memory;
    const address = this.reserve(bytes);
    const allocation: Allocation = {
      address,
      offset: address,
      get buffer() {
        return memory.buffer;
      },
    };
    this.#collected.register(allocation, { start: address, end: address + lengthOf(bytes) }, allocation);
    return allocation;
  }

  /** Takes a piece back before the garbage collector finds it. */
  release(allocation: Allocation, bytes: number): void {
    this.#collected.unregister(allocation);
    this.#giveBack(allocation.address, allocation.address + lengthOf(bytes));
  }

  /** As `allocate`, but never taken back: the address of `bytes` zero bytes. */
  reserve(bytes: number): Address {
    const length = lengthOf(bytes);
    if (!(length <= LONGEST)) throw this.#outOf(bytes);
    return (this.#takeFree(length) ?? this.#takeNew(length, bytes)) as Address;
  }

  /** The shortest free run that is long enough. */
  #takeFree(length: number): number | undefined {
    const fits = this.#free.filter((run) => run.end - run.start >= length);
    if (fits.length === 0) return undefined;
    const run = fits.reduce((best, other) =>
      other.end - other.start < best.end - best.start ? other : best,
    );
    const { start } = run;
    run.start += length;
    if (run.start === run.end) this.#free.splice(this.#free.indexOf(run), 1);
    this.#clear(start, start + length);
    return start;
  }

  /** From the top; a free run that reaches it goes along. */
  #takeNew(length: number, requested: number): number {
    const last = this.#free.at(-1);
    const joined = last?.end === this.#top ? last : undefined;
    const start = joined?.start ?? this.#top;
    const end = start + length;
    const missing = Math.ceil((end - this.bytes) / PAGE);
    if (missing > 0) {
      if (end > this.#maximum) throw this.#outOf(requested);
      try {
        this.#memory.grow(missing);
      } catch {
        throw this.#outOf(requested);
      }
    }
    if (joined) {
      this.#free.pop();
      this.#clear(start, this.#top);
    }
    this.#top = end;
    return start;
  }

  #giveBack(start: number, end: number): void {
    let at = this.#free.findIndex((run) => run.start > start);
    if (at < 0) at = this.#free.length;
    const before = this.#free[at - 1];
    const after = this.#free[at];
    if (before?.end === start) {
      before.end = after?.start === end ? after.end : end;
      if (before.end !== end) this.#free.splice(at, 1);
    } else if (after?.start === end) {
      after.start = start;
    } else {
      this.#free.splice(at, 0, { start, end });
    }
  }

  #clear(start: number, end: number): void {
    new Uint8Array(this.#memory.buffer, start, end - start).fill(0);
  }

  #outOf(bytes: number): UserError {
    const mebibytes = (n: number) => `${Math.ceil(n / 2 ** 20)} MiB`;
    return new UserError(
      `The WebAssembly engine is out of memory: it needs ${mebibytes(bytes)} more, ${mebibytes(this.#top)} are taken, and it may have ${mebibytes(this.#maximum)}; take a smaller batch, window or model.`,
    );
  }
}

/** Bytes that a piece takes; an empty one has an address of its own, too. */
function lengthOf(bytes: number): number {
  return aligned(Math.max(bytes, 1));
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
