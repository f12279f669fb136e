/** Strings as Unicode code points: their order, their wholeness, their hold on memory. */

/** Is this UTF-16 unit the first half of a surrogate pair? */
export function isHighSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}

/** Is this UTF-16 unit the second half of a surrogate pair? */
export function isLowSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xdc00;
}

/** Does the string hold a surrogate without its partner, which no UTF-8 file can? */
export function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

/** The last place where a text may be cut: anywhere but inside a surrogate pair. */
export function lastCharacterCut(text: string): number {
  const last = text.length - 1;
  return isHighSurrogate(text.charCodeAt(last)) ? last : last + 1;
}

/** Order by code point; unlike `<`, which compares UTF-16 units and puts U+10000 before U+E000. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others, so they are lifted over U+E000 … U+FFFF. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/**
 * An equal string that does not keep a larger one alive: engines let a long substring point into the text it was cut
 * from, and a map of such keys would hold every chunk ever read.
 */
export function detach(text: string): string {
  return text.length < 13 ? text : ` ${text}`.slice(1);
}
