/**
 * Flags: what a command takes, and reading them. Those of the method come from the library's table of options, so a new
 * option is a new flag without a word here.
 */
import { parseArgs } from "node:util";
import { SEGMENT_OPTIONS } from "../lib/options.ts";
import { describeOption, OPTION_NAMES } from "../lib/settings.ts";
import { nearest } from "./nearest.ts";
import { UsageError } from "./usage_error.ts";

/** One flag. */
export interface Flag {
  /** In kebab-case, without the dashes. */
  readonly name: string;
  /** The one-letter form. */
  readonly short?: string;
  /** What its value is called in the help; a flag without takes none. */
  readonly value?: string;
  /** May be given more than once. */
  readonly multiple?: boolean;
  readonly description: string;
}

/** Flags by name. A flag without a value reads as an empty list. */
export type FlagValues = ReadonlyMap<string, readonly string[]>;

/** `superpixelMethod` as `superpixel-method`. */
export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** One flag for each option of the method, in the table's order. */
export const OPTION_FLAGS: readonly Flag[] = OPTION_NAMES.map((name) => {
  const option = SEGMENT_OPTIONS[name];
  return {
    name: kebabCase(name),
    value: option.type === "choice" ? "NAME" : "N",
    description: `${option.description} ${capitalize(describeOption(name))}; default ${option.default}.`,
  };
});

/**
 * Reads a command's arguments.
 *
 * @param args What follows the command's name.
 * @param flags What it takes.
 * @returns Values by flag, and what is not a flag.
 * @throws {UsageError} A flag is unknown, lacks its value, or is given more often than it may be.
 */
export function readFlags(
  args: readonly string[],
  flags: readonly Flag[],
): { values: FlagValues; positionals: string[] } {
  const options = Object.fromEntries(flags.map(({ name, short, value }) => [name, {
    type: value === undefined ? "boolean" as const : "string" as const,
    multiple: true,
    ...(short === undefined ? {} : { short }),
  }]));
  // not strict, because the tokens of what is wrong are wanted for the message
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const flag = flags.find(({ name }) => name === token.name);
    if (!flag) throw unknownFlag(token.rawName, flags);
    const given = values.get(flag.name);
    if (flag.value === undefined) {
      if (token.value !== undefined) {
        throw new UsageError(`${token.rawName} takes no value, got ${quote(token.value)}`);
      }
      values.set(flag.name, []);
    } else {
      // `-o --json` is a forgotten value, not a file named --json; `--alpha -1` is a number
      if (token.value === undefined || (!token.inlineValue && /^-[^\d.]/.test(token.value))) {
        throw new UsageError(
          `${token.rawName} needs a value`,
          `For example: ${token.rawName} ${example(flag)}`,
        );
      }
      if (given && !flag.multiple) throw new UsageError(`${token.rawName} is given twice`);
      values.set(flag.name, [...given ?? [], token.value]);
    }
  }
  return { values, positionals };
}

function unknownFlag(rawName: string, flags: readonly Flag[]): UsageError {
  const name = rawName.replace(/^-+/, "");
  const words = flags.map((flag) => flag.name);
  const guess = nearest(kebabCase(name), words) ??
    words.find((word) => name.length > 2 && word.startsWith(name));
  return new UsageError(
    `${rawName} is not known`,
    guess ? `Did you mean --${guess}?` : "See --help for what is.",
  );
}

function example({ name, value }: Flag): string {
  const option = OPTION_NAMES.find((option) => kebabCase(option) === name);
  return option ? String(SEGMENT_OPTIONS[option].default) : value!;
}

function capitalize(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}...` : text);
}
