/**
 * Bytes of Windows' western code page to text. It is what `latin1` means on the web (WHATWG's Encoding Standard), since
 * texts that call themselves Latin-1 and have bytes 0x80 … 0x9F mean its quotes, dashes and euro signs, and not the
 * control characters that ISO 8859-1 has there. The table is here because decoders of that name differ between versions
 * of Node.
 */

/** Of 0x80 … 0x9F. The five bytes without a character are the control characters of their number. */
const UPPER_CONTROLS =
  "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f" +
  "\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178";

const UNITS = Uint16Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x80 && byte < 0xa0 ? UPPER_CONTROLS.charCodeAt(byte - 0x80) : byte,
);

/** The text of a chunk of bytes; every byte is one character. */
export function decodeWindows1252(bytes: Uint8Array): string {
  const units = new Uint8Array(2 * bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    const unit = UNITS[bytes[i]!]!;
    units[2 * i] = unit & 0xff;
    units[2 * i + 1] = unit >> 8;
  }
  // A mark of the order of bytes cannot stand here: no byte means U+FEFF.
  return new TextDecoder("utf-16le").decode(units);
}
