/** The files that a corpus's inputs lead to. */
import type { FileForm } from "./file-kind.js";

/** One file of a corpus. */
export interface CorpusFile {
  /** As messages name it. */
  readonly name: string;
  readonly path: string;
  /** Bytes on the disk. */
  readonly size: number;
  /** Packed by gzip. */
  readonly packed: boolean;
  /** A text, or a table of which one column is the text. */
  readonly form: FileForm;
  /** Looks like records but is learned as plain text: from a pipe, which has no name with an ending. */
  readonly looksLikeRecords: boolean;
}

/** A file that was skipped. */
export interface SkippedFile {
  readonly path: string;
  /** "binary", "empty", "a link that leads nowhere" … */
  readonly reason: string;
}

/** The files of one input, and those that were skipped. */
export interface FoundFiles {
  readonly files: readonly CorpusFile[];
  readonly skipped: readonly SkippedFile[];
}
