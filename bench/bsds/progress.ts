/**
 * How far a run is: a bar with the time left on a terminal, a line now and then in a log.
 */
import type { Terminal } from "../../cli/terminal.ts";

/** Shows progress; see {@linkcode createBenchProgress}. */
export interface BenchProgress {
  /** One more image is done. */
  step(): void;
  /** Takes the bar away. */
  clear(): void;
}

const BAR_WIDTH = 30;
/** A log gets a line at every tenth of the way. */
const LOG_LINES = 10;

/**
 * @param terminal Where to write; only standard error is used.
 * @param title What is being done.
 * @param total Images to do.
 * @param done Images done before, which say nothing about speed.
 * @param now Milliseconds of a clock that never goes back.
 */
export function createBenchProgress(
  terminal: Pick<Terminal, "writeStderr" | "stderrIsTerminal" | "columns">,
  title: string,
  total: number,
  done: number,
  now: () => number = () => performance.now(),
): BenchProgress {
  const started = now(), before = done;
  let count = done, visible = false;
  function draw() {
    const share = total === 0 ? 1 : count / total;
    const rate = (count - before) / (now() - started);
    const left = count > before && count < total ? `  ${formatDuration((total - count) / rate)} left` : "";
    if (terminal.stderrIsTerminal) {
      const filled = Math.round(share * BAR_WIDTH);
      const bar = "=".repeat(filled) + "-".repeat(BAR_WIDTH - filled);
      const line = `${title}  ${bar}  ${count}/${total} images${left}`;
      // a line that wraps cannot be taken back
      terminal.writeStderr(`\r\x1b[K${line.slice(0, terminal.columns() - 1)}`);
      visible = true;
    } else if (Math.floor(count * LOG_LINES / total) > Math.floor((count - 1) * LOG_LINES / total)) {
      terminal.writeStderr(`${title}  ${count}/${total} images${left}\n`);
    }
  }
  if (terminal.stderrIsTerminal) draw();
  return {
    step() {
      count++;
      draw();
    },
    clear() {
      if (visible) terminal.writeStderr("\r\x1b[K");
      visible = false;
    },
  };
}

/** 8 s, 2 min 05 s, 1 h 02 min. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
