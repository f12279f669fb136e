/**
 * GPT-2's byte alphabet (Radford et al. 2019): every byte as one printable character, so that any byte sequence can be
 * a key of JSON. Printable Latin-1 stands for itself; the others follow from U+0100 in the order of their bytes.
 */

const CHARACTER_OF_BYTE: readonly string[] = makeAlphabet();

/** The 256 characters in code point order, which is the order of their ids in a vocabulary. */
export const BYTE_ALPHABET: readonly string[] = [...CHARACTER_OF_BYTE].toSorted((a, b) => (a < b ? -1 : 1));

/** Position in BYTE_ALPHABET of each byte. */
export const RANK_OF_BYTE: Uint8Array = Uint8Array.from(CHARACTER_OF_BYTE, (character) =>
  BYTE_ALPHABET.indexOf(character),
);

const BYTE_OF_CHARACTER = new Map(CHARACTER_OF_BYTE.map((character, byte) => [character, byte]));

/** The bytes a token stands for, or undefined when it has a character outside the alphabet. */
export function bytesOfToken(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = BYTE_OF_CHARACTER.get(token[i]!);
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}

function makeAlphabet(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable =
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
    return String.fromCharCode(printable ? byte : next++);
  });
}
