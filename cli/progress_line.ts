/**
 * One line on standard error that says how far the work is. Silent unless standard error is a terminal, so that logs
 * and pipes stay clean.
 */
import type { Progress, Stage } from "../lib/progress.ts";
import type { Terminal } from "./terminal.ts";

const BAR_WIDTH = 24;
/** Ten times a second is as often as a line can be read. */
const REDRAW_MS = 100;
/** Before this the time left is a guess that only unsettles. */
const FIRST_ESTIMATE_MS = 1000;

const STAGE_NAMES: Readonly<Record<Stage, string>> = {
  decode: "decoding",
  superae: "smoothing",
  superpixels: "superpixels",
  features: "features",
  cut: "cutting",
  hierarchy: "merging",
  regions: "regions",
};

/** Where the work is, as text can say it. */
type Where = Omit<Progress, "preview">;

/** A line of progress; see {@linkcode createProgressLine}. */
export interface ProgressLine {
  /** Starts a new piece of work. */
  start(title: string): void;
  /** Shows where the work is. */
  update(progress: Where): void;
  /** Takes the line away, so that other text can be written. */
  clear(): void;
}

/**
 * @param terminal Where to draw.
 * @param now Milliseconds of a clock that never goes back.
 */
export function createProgressLine(
  terminal: Terminal,
  now: () => number = () => performance.now(),
): ProgressLine {
  if (!terminal.stderrIsTerminal) return { start() {}, update() {}, clear() {} };
  let title = "", started = 0, drawn = -Infinity, visible = false;

  function clear() {
    if (visible) terminal.writeStderr("\r\x1b[K");
    visible = false;
  }

  function update(progress: Where) {
    const time = now();
    if (time - drawn < REDRAW_MS) return;
    drawn = time;
    const line = renderProgress(title, progress, time - started, terminal.columns(), terminal.color);
    terminal.writeStderr(`\r\x1b[K${line}`);
    visible = true;
  }

  return {
    start(newTitle) {
      clear();
      title = newTitle;
      started = now();
      drawn = -Infinity;
    },
    update,
    clear,
  };
}

/**
 * The text of the line, never wider than the terminal: a line that wraps cannot be taken back.
 *
 * @param title What is being worked on.
 * @param progress Where it is.
 * @param elapsed Milliseconds since it started.
 * @param columns Characters per line.
 * @param color Whether escape codes for colour are wanted.
 */
export function renderProgress(
  title: string,
  progress: Where,
  elapsed: number,
  columns: number,
  color: boolean,
): string {
  const { stage, fraction, iteration, iterations } = progress;
  const filled = Math.round(fraction * BAR_WIDTH);
  const done = "=".repeat(filled), open = "-".repeat(BAR_WIDTH - filled);
  const bar = color ? `\x1b[36m${done}\x1b[2m${open}\x1b[0m` : done + open;
  const percent = `${Math.floor(fraction * 100)}%`.padStart(4);
  const steps = iteration !== undefined && iterations !== undefined ? ` ${iteration}/${iterations}` : "";
  const left = elapsed >= FIRST_ESTIMATE_MS && fraction > 0.02 && fraction < 1
    ? `  ${formatSeconds((elapsed / fraction) * (1 - fraction))} left`
    : "";
  const tail = `  ${percent}  ${STAGE_NAMES[stage]}${steps}${left}`;
  const room = columns - 1 - BAR_WIDTH - 2 - tail.length;
  const bareTail = tail.slice(0, Math.max(0, columns - 1));
  if (room < 8) return bareTail.trimStart();
  return `${shorten(title, room)}  ${bar}${tail}`;
}

/** 8 s, 2 min 05 s. */
export function formatSeconds(milliseconds: number): string {
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

/** Keeps the end of a long name: that is where files differ. */
function shorten(text: string, length: number): string {
  return text.length <= length ? text : `...${text.slice(text.length - length + 3)}`;
}
