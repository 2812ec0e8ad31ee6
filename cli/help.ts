/**
 * The help texts: examples first, since that is what people come for; then everything, out of the tables.
 */
import { BATCH_FLAGS } from "./batch_command.ts";
import { type Flag, OPTION_FLAGS } from "./flags.ts";
import { FORMAT_NAMES, FORMATS } from "../lib/formats/table.ts";
import { FORMAT_WORDS } from "./formats.ts";
import { SEGMENT_FLAGS } from "./segment_request.ts";
import { SERVE_FLAGS } from "./serve_command.ts";

const WIDTH = 100;
const INDENT = 28;

/** The help of a command, or of all. */
export function helpText(command?: string): string {
  if (command === "segment") return segmentHelp();
  if (command === "batch") return batchHelp();
  if (command === "doctor") return doctorHelp();
  if (command === "serve") return serveHelp();
  return `Segments pictures into regions without labels, by Deep Superpixel Cut.

Examples
  deno task cli segment photo.jpg                        photo.labels.png and photo.overlay.png, here
  deno task cli segment photos/*.jpg -o out              many pictures, into the folder out
  deno task cli segment photo.jpg --regions 40 -f mean -f svg
  deno task cli segment - < photo.jpg > labels.png       as a filter
  deno task cli segment photo.jpg --json                 a summary, no files
  deno task cli batch photos -o out                      thousands of pictures; stopped, it goes on later
  deno task cli serve                                    the HTTP service on port 8000

Commands
  segment <files...>        segments PNG, JPEG and GIF files
  batch <folders...>        segments all pictures below, through the queue
  doctor                    says what works on this machine, and what to install
  serve                     starts the HTTP service
  help [command]            this text, or a command's

  -C FOLDER                 before the command: work in that folder
  --help, -h                this text, or the command's
  --version, -V             the version

Exit codes
  0 done   1 failed   2 usage   3 bad picture   4 no such backend   130 interrupted
`;
}

function segmentHelp(): string {
  return `segment <files...>: segments PNG, JPEG and GIF files; - is standard input.

Examples
  deno task cli segment photo.jpg
  deno task cli segment photo.jpg -o cut.png --format overlay
  deno task cli segment photos/*.jpg -o out -f labels -f json
  deno task cli segment photo.jpg --method slic --superpixels 300 -f overlay
  deno task cli segment - -f overlay < photo.jpg > overlay.png

Flags
${list(SEGMENT_FLAGS)}
Options of the method
${list(OPTION_FLAGS)}
Formats
${
    FORMAT_NAMES.map((name, i) => row(FORMAT_WORDS[i]!, `photo.${name}: ${FORMATS[name].description}`)).join(
      "",
    )
  }`;
}

function batchHelp(): string {
  return `batch <folder | glob | list>...: segments many pictures through the queue.

A picture is a job named by its content and options: what is done is not done again when a batch is stopped and run
again. Failures are listed at the end and do not stop the others. With DATABASE_URL the
jobs are computed by deno task worker, on any number of machines.

Examples
  deno task cli batch photos                            results beside the pictures
  deno task cli batch photos -o out -f overlay -f json
  deno task cli batch 'photos/**/*.jpg' -o out
  deno task cli batch list.txt -o out                   a path, folder or glob a line

Flags
${list(BATCH_FLAGS)}
Options of the method and formats: as those of segment, see segment --help
`;
}

function doctorHelp(): string {
  return `doctor: says what works on this machine: backends, GPU, memory, queue; and what to install.

Examples
  deno task doctor
  DATABASE_URL=postgres://... deno task doctor
`;
}

function serveHelp(): string {
  return `serve: starts the HTTP service, until Ctrl-C.

Examples
  deno task cli serve
  deno task cli serve --port 9000 --host 0.0.0.0        reachable from other machines

Flags
${list(SERVE_FLAGS)}`;
}

function list(flags: readonly Flag[]): string {
  return flags.map(({ name, short, value, description }) =>
    row(`${short ? `-${short}, ` : ""}--${name}${value ? ` ${value}` : ""}`, description)
  ).join("");
}

/** A term and its description, which goes on under itself. */
function row(term: string, description: string): string {
  const lines = [""];
  for (const word of description.split(" ")) {
    const line = lines.at(-1)!;
    if (line.length + word.length + 1 > WIDTH - INDENT) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  const head = `  ${term}`.padEnd(INDENT);
  const gap = head.length > INDENT ? `\n${" ".repeat(INDENT)}` : "";
  return `${head.trimEnd().padEnd(INDENT)}${gap}${lines.join(`\n${" ".repeat(INDENT)}`)}\n`;
}
