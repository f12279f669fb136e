/** The name of an option as a person reads it: weightDrop → weight-drop. */
export const flagName = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
