/**
 * Settings from the outside: what a form, a query string, a command line or a JSON file says about the options of
 * {@linkcode SEGMENT_OPTIONS}, checked and completed. Nothing here knows one option from another: the table decides.
 */
import { OptionError } from "./errors.ts";
import {
  type ChoiceOption,
  type NumberOption,
  type OptionName,
  type ResolvedSettings,
  SEGMENT_OPTIONS,
} from "./options.ts";

/** Names of all options, in the table's order. */
export const OPTION_NAMES: readonly OptionName[] = Object.keys(SEGMENT_OPTIONS) as OptionName[];

// what a decimal number looks like in a query string; Number() alone also takes "", " 7 ", "0x10" and "Infinity"
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Checks settings given as strings (a query, a form, a command line) or as values (JSON, a script) and fills in the
 * defaults. Names that are not known are refused, since a mistyped option that is silently ignored gives a wrong result
 * that looks right.
 *
 * @param input Settings by name; a missing or undefined one takes its default.
 * @returns Every option of the table, numbers as numbers.
 * @throws {OptionError} `unknown_option` or `invalid_option`, naming the field, what it got and what is wanted.
 *
 * @example
 * ```ts
 * import { parseSettings } from "./settings.ts";
 * import assert from "node:assert/strict";
 *
 * const settings = parseSettings({ partitions: "12", method: "flat-dsc" });
 * assert.equal(settings.partitions, 12);
 * assert.equal(settings.seed, 0);
 * assert.throws(() => parseSettings({ partitions: "1" }), /want a whole number from 2 to 256, got "1"/);
 * ```
 */
export function parseSettings(input: Readonly<Record<string, unknown>> = {}): ResolvedSettings {
  for (const name of Object.keys(input)) {
    if (!Object.hasOwn(SEGMENT_OPTIONS, name)) {
      throw new OptionError("unknown_option", shorten(name), describe(input[name]), OPTION_NAMES.join(", "));
    }
  }
  const settings: Record<string, string | number> = {};
  for (const name of OPTION_NAMES) {
    const option: NumberOption | ChoiceOption = SEGMENT_OPTIONS[name];
    const value = Object.hasOwn(input, name) ? input[name] : undefined;
    settings[name] = value === undefined
      ? option.default
      : option.type === "choice"
      ? parseChoice(name, value, option)
      : parseNumber(name, value, option);
  }
  return settings as ResolvedSettings;
}

/**
 * The one spelling of settings: names in code point order, numbers as JSON writes them. Equal settings give equal text
 * whatever order they were written in, so it can be hashed into an identifier.
 *
 * @param settings Complete settings, as {@linkcode parseSettings} returns them.
 * @returns A line of JSON.
 *
 * @example
 * ```ts
 * import { canonicalSettings, parseSettings } from "./settings.ts";
 * import assert from "node:assert/strict";
 *
 * const one = canonicalSettings(parseSettings({ seed: "1", alpha: "0.050" }));
 * assert.equal(one, canonicalSettings(parseSettings({ alpha: 0.05, seed: 1 })));
 * ```
 */
export function canonicalSettings(settings: ResolvedSettings): string {
  const names = [...OPTION_NAMES].sort();
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, settings[name]])));
}

/**
 * What values an option takes, in words, for messages and help texts.
 *
 * @example
 * ```ts
 * import { describeOption } from "./settings.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(describeOption("partitions"), "a whole number from 2 to 256");
 * assert.equal(describeOption("reach"), "one of head, full");
 * ```
 */
export function describeOption(name: OptionName): string {
  const option: NumberOption | ChoiceOption = SEGMENT_OPTIONS[name];
  if (option.type === "choice") return `one of ${option.values.join(", ")}`;
  return `a ${option.type === "integer" ? "whole number" : "number"} from ${option.min} to ${option.max}`;
}

function parseChoice(name: OptionName, value: unknown, option: ChoiceOption): string {
  if (typeof value === "string" && option.values.includes(value)) return value;
  throw new OptionError("invalid_option", name, describe(value), describeOption(name));
}

function parseNumber(name: OptionName, value: unknown, option: NumberOption): number {
  const number = typeof value === "number"
    ? value
    : typeof value === "string" && DECIMAL.test(value)
    ? Number(value)
    : NaN;
  const fits = number >= option.min && number <= option.max; // false for NaN
  if (!fits || (option.type === "integer" && !Number.isInteger(number))) {
    throw new OptionError("invalid_option", name, describe(value), describeOption(name));
  }
  return number === 0 ? 0 : number; // -0 and 0 are one setting and must have one spelling
}

function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(shorten(value));
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value);
  return Array.isArray(value) ? "a list" : `a value of type ${typeof value}`;
}

// an answer never carries a megabyte of somebody's input back
function shorten(text: string): string {
  return text.length > 64 ? `${text.slice(0, 64)}...` : text;
}
