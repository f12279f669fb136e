/** A text with a label. */

export interface LabelledText {
  readonly text: string;
  readonly label: string;
  /** Where it stands, for messages: the file, and the line or row in it. */
  readonly source?: string;
}
