/** `recurra profile`: lists what was learned from a person's text, and does with it what has to be done now and then. */
import type { ProfileSummary } from "../apps/manage-profiles.js";
import { UserError } from "../errors.js";
import {
  EXPORT_PROFILE_OPTIONS,
  MERGE_PROFILES_OPTIONS,
  PROFILE_LIST_COMMAND,
} from "../options/profile-options.js";
import { escapedLine } from "../visible-text.js";
import { interruptible, whenWritten } from "./interruption.js";
import type { Io } from "./io.js";
import { checkModelFirst } from "./model-argument.js";
import { counted, fourFigures, grouped } from "./numbers.js";
import { addFlags } from "./option-flags.js";
import { numberOf } from "./parse-values.js";
import { gainText } from "./profiled.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { jsonLine } from "./visible-text.js";

const MODEL = "folder of a model";
const NAME = "a profile of it, or the path of one";

export function profileCommand(command: RecurraCommand, { io }: CommandContext): void {
  const add = (name: string, usage: string, description: string): RecurraCommand => {
    const made = command.command(name).usage(usage).description(description) as RecurraCommand;
    return made.argument("<model>", MODEL) as RecurraCommand;
  };
  /** What changes files is not torn by Ctrl-C. */
  const changing = (work: () => Promise<void>): Promise<void> => interruptible(io, work, whenWritten(io));

  addFlags(
    add(
      "list",
      "[options] <model> [profile...]",
      "the profiles of a model; of one that is named, its points",
    ).argument("[profile...]", NAME) as RecurraCommand,
    PROFILE_LIST_COMMAND,
  ).action((folder: string, names: string[], { json = false }: { readonly json?: boolean }) =>
    interruptible(io, () => runList(io, folder, names, json)),
  );

  add(
    "roll-back",
    "<model> <profile> <point>",
    "forget all that was learned after a point; 0: all that was learned",
  )
    .argument("<profile>", NAME)
    .argument("<point>", "its number, as recurra profile list <model> <profile> has it")
    .action((folder: string, name: string, point: string) =>
      changing(async () => {
        const { rollBackProfile } = await loaded(folder, [name], "profile roll-back");
        const number = numberOf(point);
        if (number === undefined)
          throw new UserError(
            `A point is a number, and ${JSON.stringify(point)} is none; see recurra profile list.`,
          );
        const removed = await rollBackProfile(folder, name, number);
        io.stdout.write(
          `${escapedLine(name)} is as it was at point ${number}; ${counted(removed, "point")} forgotten.\n`,
        );
      }),
    );

  addFlags(
    add("merge", "[options] <model> <profiles...>", "make a profile of what several have learned").argument(
      "<profiles...>",
      "two or more of it",
    ) as RecurraCommand,
    MERGE_PROFILES_OPTIONS,
  )
    .addHelpText("after", "\nExample:\n  recurra profile merge book.model mail letters --into both")
    .action(
      (
        folder: string,
        names: string[],
        options: {
          readonly into: string;
          readonly weights?: number | readonly number[];
          readonly overwrite?: boolean;
        },
      ) =>
        changing(async () => {
          const { mergeProfiles } = await loaded(folder, names, "profile merge");
          const path = await mergeProfiles(folder, names, options);
          io.stdout.write(`${counted(names.length, "profile")} merged in ${escapedLine(path)}\n`);
        }),
    );

  for (const [word, on] of [
    ["off", false],
    ["on", true],
  ] as const)
    add(
      word,
      "<model> <profile>",
      on
        ? "what was learned counts again"
        : "the model reads as it was trained, while what was learned is kept",
    )
      .argument("<profile>", NAME)
      .action((folder: string, name: string) =>
        changing(async () => {
          const { switchProfile } = await loaded(folder, [name], `profile ${word}`);
          await switchProfile(folder, name, on);
          io.stdout.write(`${escapedLine(name)} is ${word}.\n`);
        }),
      );

  add("delete", "<model> <profiles...>", "forget all of what one or several have learned")
    .argument("<profiles...>", NAME)
    .action((folder: string, names: string[]) =>
      changing(async () => {
        const { deleteProfile } = await loaded(folder, names, "profile delete");
        for (const name of names) {
          await deleteProfile(folder, name);
          io.stdout.write(`${escapedLine(name)} is deleted.\n`);
        }
      }),
    );

  addFlags(
    add(
      "export",
      "[options] <model> <profile>",
      "a model of its own, with what was learned in its weights",
    ).argument("<profile>", NAME) as RecurraCommand,
    EXPORT_PROFILE_OPTIONS,
  ).action((folder: string, name: string, options: { readonly out: string; readonly overwrite?: boolean }) =>
    changing(async () => {
      const { exportProfile } = await loaded(folder, [name], "profile export");
      await exportProfile(folder, name, options);
      io.stdout.write(
        `A model with what ${escapedLine(name)} has learned is in ${escapedLine(options.out)}\n`,
      );
    }),
  );
}

/** @throws UserError where model and profile were swapped */
async function loaded(folder: string, others: readonly string[], command: string) {
  await checkModelFirst({ folder, others, command });
  return import("../apps/manage-profiles.js");
}

async function runList(io: Io, folder: string, names: readonly string[], json: boolean): Promise<void> {
  const { listProfiles } = await loaded(folder, names, "profile list");
  const [found, { formatBytes }] = await Promise.all([
    listProfiles(folder, names.length > 0 ? names : undefined),
    import("../train/memory-estimate.js"),
  ]);
  if (json) {
    io.stdout.write(found.map(jsonLine).join(""));
    return;
  }
  if (found.length === 0) {
    io.stderr.write(`${escapedLine(folder)} has no profiles yet; recurra adapt makes one.\n`);
    return;
  }
  for (const profile of found) {
    const { name, bytes, problem, off, points } = profile;
    const state =
      problem === null
        ? `${counted(points.length, "point")}, ${formatBytes(bytes)}${off ? ", off" : ""}`
        : escapedLine(problem);
    io.stdout.write(`${escapedLine(name).padEnd(20)}${state}${gainOf(profile)}\n`);
    if (names.length > 0) for (const point of points) io.stdout.write(pointLine(point));
  }
}

/** "; 12,345 characters learned, 2.046 bits each, without learning 2.113: 3.2 % fewer" */
function gainOf({ points }: ProfileSummary): string {
  if (points.length === 0) return "";
  const sum = (value: (point: ProfileSummary["points"][number]) => number): number =>
    points.reduce((all, point) => all + value(point), 0);
  return `; ${figuresText(
    sum(({ characters }) => characters),
    sum(({ bits }) => bits),
    sum(({ plainBits }) => plainBits),
  )}`;
}

function pointLine({ number, at, characters, bits, plainBits }: ProfileSummary["points"][number]): string {
  return `${String(number).padStart(6)}  ${at}  ${figuresText(characters, bits, plainBits)}\n`;
}

const figuresText = (characters: number, bits: number, plainBits: number): string =>
  `${grouped(characters)} characters, ${fourFigures(bits / characters)} bits each, without learning ${fourFigures(plainBits / characters)}: ${gainText(bits, plainBits)}`;
