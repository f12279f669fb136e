/** What is found where a corpus is looked for. */

/** One file of a corpus. */
export interface CorpusFile {
  /** As messages name it. */
  readonly name: string;
  readonly path: string;
  /** Bytes on the disk. */
  readonly size: number;
  /** Packed by gzip. */
  readonly packed: boolean;
  /** JSON Lines, of whose records one field is the text. */
  readonly records: boolean;
  /** Learned as it stands though it looks like records: of a pipe, whose name does not tell. */
  readonly looksLikeRecords: boolean;
}

/** A file that was passed over. */
export interface SkippedFile {
  readonly path: string;
  /** "binary", "empty", "a link that leads nowhere" … */
  readonly reason: string;
}

/** The files that one input means, and those that it does not. */
export interface FoundFiles {
  readonly files: readonly CorpusFile[];
  readonly skipped: readonly SkippedFile[];
}
