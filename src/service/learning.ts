/** Requests to learn from a person's text, and on what was learned. */
import { checkBytes } from "../argument-checks.js";
import { LoadedModel } from "../apps/loaded-model.js";
import { profileLearned } from "../apps/learn-profile.js";
import { KEY_DIGITS, modelKeyParts } from "../apps/model-key-parts.js";
import { pointSummaries } from "../apps/profile.js";
import { parseProfile, profileContent, profileModel } from "../apps/profile-bytes.js";
import { UserError } from "../errors.js";
import { CHECKSUM_KEY } from "../format/checksum.js";
import { FILE_NAMES } from "../format/model-files.js";
import { decodeSafetensors, encodeWithChecksum } from "../format/safetensors.js";
import { headerLength, LENGTH_BYTES, parseHeader } from "../format/safetensors-header.js";
import { weightShapes } from "../model/weight-shapes.js";
import type { Call } from "./handlers.js";
import type { HeldModel, ModelHost } from "./model-host.js";
import type { Methods, ProfileInfo } from "./protocol.js";

/** How messages name a profile that a page gives. */
const WHERE = "The profile";

export async function learn(
  host: ModelHost,
  { model: id, text, options }: Methods["learn"]["params"],
  { signal, emit }: Call<Methods["learn"]["event"]>,
): Promise<ProfileInfo> {
  const { model, files } = host.get(id);
  const learned = await model.adapt(text, { ...options, signal, onProgress: emit });
  host.add(id, { model: learned, files });
  return profileInfo(learned);
}

/** The bytes of the profile's file; undefined where nothing was learned. */
export async function profileOf(held: HeldModel): Promise<Uint8Array | undefined> {
  const { profile } = held.model;
  if (!profile || profile.points.length === 0) return undefined;
  const { tensors, metadata } = profileContent({ model: await keyOf(held), profile });
  return encodeWithChecksum(tensors, metadata);
}

/** @throws UserError where it is damaged, or of another model */
export async function useProfile(
  host: ModelHost,
  id: number,
  bytes: Uint8Array | undefined,
): Promise<ProfileInfo> {
  const held = host.get(id);
  const { untouched } = held.model;
  let model = untouched;
  if (bytes !== undefined) {
    checkBytes("useProfile: profile", bytes);
    const content = decodeSafetensors(bytes, WHERE);
    if (profileModel(content.metadata, WHERE) !== (await keyOf(held)))
      throw new UserError("The profile is of another model; open the one that it was learned with.");
    const profile = parseProfile(content, [...weightShapes(untouched.config)], WHERE);
    const learned = profileLearned(untouched, profile);
    model = new LoadedModel(learned.model, untouched.tokenizer, learned.belongings);
  }
  host.add(id, { model, files: held.files });
  return profileInfo(model);
}

function profileInfo({ profile }: LoadedModel): ProfileInfo {
  return { points: profile ? pointSummaries(profile) : [] };
}

/** The key of the model as it was trained: the same as Node has. */
async function keyOf({ model, files }: HeldModel): Promise<string> {
  const { [FILE_NAMES.weights]: weights } = files();
  const parts = [...modelKeyParts(model.untouched, checksumOf(weights!))].map((part) =>
    typeof part === "string" ? new TextEncoder().encode(part) : new Uint8Array(part.buffer),
  );
  const hash = await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer());
  const digits = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0"));
  return digits.join("").slice(0, KEY_DIGITS);
}

/** That a model's file of weights has in its metadata; "" where it has none. */
function checksumOf(weights: Uint8Array): string {
  const name = FILE_NAMES.weights;
  const start = LENGTH_BYTES + headerLength(weights.subarray(0, LENGTH_BYTES), weights.length, name);
  const header = parseHeader(weights.subarray(LENGTH_BYTES, start), weights.length - start, name);
  return header.metadata[CHECKSUM_KEY] ?? "";
}
