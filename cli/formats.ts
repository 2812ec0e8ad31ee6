/**
 * The library's formats as the command line names them. `labels.png` may be called `labels`, and `regions.svg` `svg`.
 */
import { FORMAT_NAMES, type FormatName, FORMATS } from "../lib/formats/table.ts";

/**
 * The format that a word means: a full name, else the part before the dot, else the extension; of several the first in
 * the table.
 */
export function formatCalled(word: string): FormatName | undefined {
  return FORMAT_NAMES.find((format) => format === word) ??
    FORMAT_NAMES.find((format) => shortName(format) === word) ??
    FORMAT_NAMES.find((format) => extension(format) === word);
}

/** The format that a file's name asks for: by its whole ending (`photo.overlay.png`), else by its extension. */
export function formatOfFile(path: string): FormatName | undefined {
  const name = path.toLowerCase();
  return FORMAT_NAMES.find((format) =>
    name.endsWith(`.${format}`) || /[^/\\]+$/.exec(name)?.[0] === format
  ) ??
    USUAL_FIRST.find((format) => name.endsWith(`.${extension(format)}`));
}

/** The words that mean a format, for messages. */
export const FORMAT_WORDS: readonly string[] = FORMAT_NAMES.flatMap((format) => {
  const words = [shortName(format), extension(format)];
  return [words.find((word) => formatCalled(word) === format) ?? format];
});

/** Whether it is bytes that a terminal should not be shown. */
export function isBinary(format: FormatName): boolean {
  return !/json|svg/.test(FORMATS[format].mediaType);
}

/** What a bare `.png` means is the label map, wherever it stands in the table. */
const USUAL_FIRST: readonly FormatName[] = ["labels.png", ...FORMAT_NAMES];

function shortName(format: FormatName): string {
  return format.slice(0, format.indexOf("."));
}

function extension(format: FormatName): string {
  return format.slice(format.indexOf(".") + 1);
}
