/** What is told of texts that were held out: a temperature fitted to it, and how good it is with that and without. */
import { probabilitiesOf } from "./head.js";
import { type ClassifierMeasures, Measuring } from "./measures.js";
import { fittedTemperature } from "./temperature.js";

export interface Calibration {
  readonly temperature: number;
  /** With the temperature; and without. */
  readonly heldOut: ClassifierMeasures;
  readonly uncalibrated: ClassifierMeasures;
}

/**
 * @param logits (n, C)
 * @param rowLabels (n): the number of each text's label
 * @param worst wrong texts that the measures tell at most
 */
export function calibrate(
  logits: Float64Array,
  rowLabels: Int32Array,
  labels: readonly string[],
  worst: number,
): Calibration {
  const C = labels.length;
  const temperature = fittedTemperature(logits, rowLabels, C);
  const measured = (T: number): ClassifierMeasures => {
    const measuring = new Measuring(labels, worst);
    for (const [i, label] of rowLabels.entries())
      measuring.add(label, probabilitiesOf(logits.subarray(i * C, (i + 1) * C).map((z) => z / T)));
    return measuring.measures();
  };
  return { temperature, heldOut: measured(temperature), uncalibrated: measured(1) };
}
