/** White space that would not be seen by itself, as signs. */
export const visible = (text: string): string =>
  text
    .replaceAll("\n", "⏎")
    .replaceAll("\t", "⇥")
    .replaceAll(/^ +$/g, (spaces) => "␣".repeat(spaces.length));
