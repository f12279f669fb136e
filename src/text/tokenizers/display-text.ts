/** Tokens made visible to a person. */

const NAMED = new Map([
  [" ", "␣"],
  ["\n", "⏎"],
  ["\t", "⇥"],
  ["\r", "␍"],
  ["\u007f", "␡"],
]);

/** The text with every invisible character shown: space ␣, newline ⏎, control characters as their pictures, others U+. */
export function displayText(text: string): string {
  const shown = text.replace(/[\p{Cc}\p{Cf}\p{Zs}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]/gu, (character) => {
    const named = NAMED.get(character);
    if (named !== undefined) return named;
    const codePoint = character.codePointAt(0)!;
    if (codePoint < 0x20) return String.fromCodePoint(0x2400 + codePoint);
    return `U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}`;
  });
  // A mark with nothing before it would sit on whatever is printed there.
  return /^\p{M}/u.test(shown) ? `◌${shown}` : shown;
}
