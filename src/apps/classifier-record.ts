/** How a classifier was trained: what is told of it, kept in the metadata of its model.safetensors. */
import { CLASSIFIER_KEY } from "../classify/head-tensors.js";
import type { ClassifierMeasures } from "../classify/measures.js";

/** The measures that are kept. */
export type HeldOutMeasures = Pick<
  ClassifierMeasures,
  "texts" | "accuracy" | "macroF1" | "loss" | "expectedCalibrationError"
>;

export interface ClassifierRecord {
  /** Labelled texts that it learned from, of each label. */
  readonly counts: readonly number[];
  readonly classWeights: "none" | "balanced";
  readonly seed: number;
  /** Passes over the texts without labels. */
  readonly textEpochs: number;
  /** Where the layers learned, too: passes after which they were kept; else null. */
  readonly fineTuned: { readonly epochs: number } | null;
  /** λ of the head. */
  readonly penalty: number;
  readonly temperature: number;
  /** On texts while they were held out, and the same without the temperature. */
  readonly heldOut: HeldOutMeasures;
  readonly uncalibrated: HeldOutMeasures;
}

export function recordMetadata(record: ClassifierRecord): Readonly<Record<string, string>> {
  return { [CLASSIFIER_KEY]: JSON.stringify(record) };
}

/** What the metadata tell; undefined where they tell nothing, or what this version does not understand. */
export function recordOf(metadata: Readonly<Record<string, string>>): ClassifierRecord | undefined {
  try {
    const record = JSON.parse(metadata[CLASSIFIER_KEY] ?? "") as Partial<ClassifierRecord> | null;
    const { counts, penalty, temperature, heldOut, uncalibrated } = record ?? {};
    const whole =
      Array.isArray(counts) &&
      [...counts, penalty, temperature].every(Number.isFinite) &&
      [heldOut, uncalibrated].every(isMeasured);
    return whole ? (record as ClassifierRecord) : undefined;
  } catch {
    return undefined;
  }
}

function isMeasured(value: unknown): boolean {
  const { texts, accuracy, macroF1, loss, expectedCalibrationError } = Object(
    value,
  ) as Partial<HeldOutMeasures>;
  return [texts, accuracy, macroF1, loss, expectedCalibrationError].every(Number.isFinite);
}

/** The measures that are kept, of all. */
export function keptMeasures(measures: ClassifierMeasures): HeldOutMeasures {
  const { texts, accuracy, macroF1, loss, expectedCalibrationError } = measures;
  return { texts, accuracy, macroF1, loss, expectedCalibrationError };
}
