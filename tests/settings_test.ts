import assert from "node:assert/strict";
import { OptionError } from "../lib/errors.ts";
import { SEGMENT_OPTIONS } from "../lib/options.ts";
import { canonicalSettings, describeOption, OPTION_NAMES, parseSettings } from "../lib/settings.ts";

function refused(input: Record<string, unknown>): OptionError {
  try {
    parseSettings(input);
  } catch (error) {
    assert.ok(error instanceof OptionError, `threw ${error}`);
    return error;
  }
  assert.fail(`parseSettings accepted ${JSON.stringify(input)}`);
}

Deno.test("parseSettings() of nothing gives every default of the table", () => {
  const settings = parseSettings();
  assert.deepEqual(Object.keys(settings), OPTION_NAMES);
  for (const name of OPTION_NAMES) assert.equal(settings[name], SEGMENT_OPTIONS[name].default);
});

Deno.test("parseSettings() takes strings and values alike", () => {
  const strings = parseSettings({ partitions: "12", alpha: "5e-2", method: "slic", lambda: ".5" });
  const values = parseSettings({ partitions: 12, alpha: 0.05, method: "slic", lambda: 0.5 });
  assert.deepEqual(strings, values);
  assert.equal(strings.partitions, 12);
});

Deno.test("parseSettings() takes both ends of every range and nothing beyond them", () => {
  for (const name of OPTION_NAMES) {
    const option = SEGMENT_OPTIONS[name];
    if (option.type === "choice") continue;
    assert.equal(parseSettings({ [name]: option.min })[name], option.min);
    assert.equal(parseSettings({ [name]: String(option.max) })[name], option.max);
    assert.equal(refused({ [name]: option.min - 1 }).field, name);
    assert.equal(refused({ [name]: String(option.max + 1) }).field, name);
  }
});

Deno.test("parseSettings() refuses an unknown name and lists the known ones", () => {
  const error = refused({ partition: "8" });
  assert.equal(error.code, "unknown_option");
  assert.equal(error.field, "partition");
  for (const name of OPTION_NAMES) assert.match(error.message, new RegExp(`\\b${name}\\b`));
  assert.ok(error instanceof RangeError);
});

Deno.test("parseSettings() refuses names that every object inherits", () => {
  assert.equal(refused({ toString: "1" }).code, "unknown_option");
  assert.equal(refused(JSON.parse('{"__proto__": "1"}')).code, "unknown_option");
});

Deno.test("parseSettings() names the field, what it got and what is wanted", () => {
  const error = refused({ partitions: "1" });
  assert.equal(error.code, "invalid_option");
  assert.deepEqual([error.field, error.got, error.wanted], [
    "partitions",
    '"1"',
    "a whole number from 2 to 256",
  ]);
  assert.equal(refused({ reach: "HEAD" }).wanted, "one of head, full");
});

Deno.test("parseSettings() refuses what only looks like a number", () => {
  for (
    const value of [
      "",
      " ",
      "8 ",
      "0x10",
      "Infinity",
      "NaN",
      "8,5",
      "1e999",
      NaN,
      Infinity,
      null,
      true,
      [8],
      {},
    ]
  ) {
    assert.equal(refused({ partitions: value }).field, "partitions");
  }
  assert.equal(refused({ partitions: "8.5" }).wanted, "a whole number from 2 to 256");
});

Deno.test("parseSettings() repeats no long input in its message", () => {
  const long = "x".repeat(100_000);
  assert.ok(refused({ method: long }).message.length < 300);
  assert.ok(refused({ [long]: "1" }).message.length < 600);
});

Deno.test("canonicalSettings() is one text for one meaning", () => {
  const one = canonicalSettings(parseSettings({ seed: "7", alpha: "0.10" }));
  const two = canonicalSettings(parseSettings({ alpha: 0.1, seed: 7 }));
  assert.equal(one, two);
  assert.equal(
    canonicalSettings(parseSettings({ alpha: "-0" })),
    canonicalSettings(parseSettings({ alpha: 0 })),
  );
  assert.notEqual(one, canonicalSettings(parseSettings({ alpha: 0.1, seed: 8 })));
});

Deno.test("describeOption() words every option of the table", () => {
  for (const name of OPTION_NAMES) assert.match(describeOption(name), /^(one of|a whole number|a number) /);
});
