/** The files of a model by what they are; the same as on the disk (format/model-folder.ts). */
export const FILE_NAMES = {
  config: "config.json",
  tokenizer: "tokenizer.json",
  weights: "model.safetensors",
  checkpoint: "training/checkpoint.safetensors",
  metrics: "training/metrics.jsonl",
} as const;
