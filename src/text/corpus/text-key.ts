/**
 * A key of a text by its content alone: the same wherever it lies, however it is packed, and in whatever chunks it
 * comes. The same on Node and in a page, so that a run begun on one goes on on the other.
 */
import { mix } from "../line-hash.js";

/** The length of a text and 64 bits of its UTF-16 units (FNV-1a twice over, the second time with shifts in between). */
export class TextKey {
  #length = 0;
  #a = 0x811c9dc5;
  #b = 0x9747b28c;

  /** Gives the chunks on as they are. */
  async *reading(chunks: AsyncIterable<string>): AsyncGenerator<string> {
    for await (const chunk of chunks) {
      this.push(chunk);
      yield chunk;
    }
  }

  push(chunk: string): void {
    let a = this.#a;
    let b = this.#b;
    for (let i = 0; i < chunk.length; i++) {
      const unit = chunk.charCodeAt(i);
      a = Math.imul(a ^ unit, 0x01000193);
      b = Math.imul(b ^ unit, 0x01000193) ^ (b >>> 15);
    }
    this.#a = a;
    this.#b = b;
    this.#length += chunk.length;
  }

  /** The key of the text so far. */
  get value(): string {
    const hex = (h: number) => mix(h).toString(16).padStart(8, "0");
    return `${this.#length}-${hex(this.#a)}${hex(this.#b)}`;
  }
}
