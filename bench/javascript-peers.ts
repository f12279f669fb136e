/**
 * Libraries in JavaScript that the WebAssembly engine is measured beside. They are no dependency: they are imported from
 * the folder that they were installed in,
 *
 *   npm install --prefix <folder> @tensorflow/tfjs@4.22.0 @jax-js/jax@0.1.25
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { UserError } from "../src/errors.js";
import type { TrainingWorkload } from "./workloads.js";

/** A peer with its work made ready. */
export interface JavaScriptPeer {
  readonly name: string;
  /** Does the work once and waits until it is done. */
  readonly step: () => Promise<void>;
}

// Of TensorFlow.js, as far as it is used.
interface TfTensor {
  reshape(shape: readonly number[]): TfTensor;
  asScalar(): TfTensor;
  data(): Promise<Float32Array>;
  dispose(): void;
}
interface TfModel {
  add(layer: object): void;
  apply(input: TfTensor, options: { readonly training: boolean }): TfTensor;
}
interface TensorFlow {
  readonly version: { readonly tfjs: string };
  setBackend(name: string): Promise<boolean>;
  sequential(): TfModel;
  readonly layers: {
    embedding(options: object): object;
    lstm(options: object): object;
    dense(options: object): object;
  };
  readonly train: {
    adam(rate: number): { minimize(loss: () => TfTensor, returnCost: true): TfTensor };
  };
  readonly losses: { softmaxCrossEntropy(labels: TfTensor, logits: TfTensor): TfTensor };
  tensor2d(values: Int32Array, shape: readonly [number, number], dtype: "int32"): TfTensor;
  oneHot(indices: TfTensor, depth: number): TfTensor;
}

// Of jax-js, as far as it is used.
interface JaxArray {
  /** The array once more, for an operation that takes it. */
  readonly ref: JaxArray;
  data(): Promise<ArrayLike<number>>;
}
interface Jax {
  init(): Promise<readonly string[]>;
  defaultDevice(name: string): void;
  readonly numpy: {
    ones(shape: readonly number[]): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
  };
}

/** A training step of an LSTM in TensorFlow.js on its backend in plain JavaScript; its wasm backend trains none. */
export async function tensorFlowStep(folder: string, workload: TrainingWorkload): Promise<JavaScriptPeer> {
  const tf = load<TensorFlow>(folder, "@tensorflow/tfjs");
  await tf.setBackend("cpu");
  const { vocabulary: V, embedding, hidden, layers, batch: B, steps: T } = workload;
  const model = tf.sequential();
  model.add(tf.layers.embedding({ inputDim: V, outputDim: embedding, inputLength: T }));
  for (let l = 0; l < layers; l++) {
    // The default for recurrent weights takes minutes to draw.
    const options = { units: hidden, returnSequences: true, recurrentInitializer: "glorotUniform" };
    model.add(tf.layers.lstm(options));
  }
  model.add(tf.layers.dense({ units: V }));
  const ids = (factor: number) =>
    tf.tensor2d(
      Int32Array.from({ length: B * T }, (_, i) => (i * factor) % V),
      [B, T],
      "int32",
    );
  const inputs = ids(7);
  const targets = ids(5);
  const optimizer = tf.train.adam(0.001);
  const loss = (): TfTensor => {
    const logits = model.apply(inputs, { training: true }).reshape([-1, V]);
    return tf.losses.softmaxCrossEntropy(tf.oneHot(targets.reshape([-1]), V), logits).asScalar();
  };
  const step = async (): Promise<void> => {
    const cost = optimizer.minimize(loss, true);
    await cost.data();
    cost.dispose();
  };
  return { name: `tfjs ${tf.version.tfjs} cpu`, step };
}

/** A product (m, k) by (k, n) in jax-js on its wasm backend. */
export async function jaxProduct(
  folder: string,
  [m, k, n]: readonly [number, number, number],
): Promise<JavaScriptPeer> {
  // It asks a browser for the number of cores; Node 20 has no navigator.
  const scope = globalThis as { navigator?: object };
  scope.navigator ??= { hardwareConcurrency: availableParallelism() };
  const found = createRequire(join(resolve(folder), "package.json"));
  const address = pathToFileURL(pathOf(found, folder, "@jax-js/jax")).href;
  const { init, defaultDevice, numpy } = (await import(address)) as Jax;
  await init();
  defaultDevice("wasm");
  const a = numpy.ones([m, k]);
  const b = numpy.ones([k, n]);
  const about = readFileSync(join(folder, "node_modules/@jax-js/jax/package.json"), "utf8");
  const { version } = JSON.parse(about) as { version: string };
  const step = async (): Promise<void> => void (await numpy.matmul(a.ref, b.ref).data());
  return { name: `jax-js ${version} wasm`, step };
}

function load<Library>(folder: string, name: string): Library {
  const found = createRequire(join(resolve(folder), "package.json"));
  return found(pathOf(found, folder, name)) as Library;
}

function pathOf(found: NodeJS.Require, folder: string, name: string): string {
  try {
    return found.resolve(name);
  } catch (error) {
    throw new UserError(
      `${name} is not installed in ${folder}; npm install --prefix ${folder} ${name} puts it there.`,
      { cause: error },
    );
  }
}
