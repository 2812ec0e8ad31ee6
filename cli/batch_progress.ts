/**
 * How far a batch is: a line that is drawn again and again on a terminal, and one line at the end.
 */
import { formatSeconds } from "./progress_line.ts";
import type { Terminal } from "./terminal.ts";

/** What can become of a picture. */
export type BatchOutcome = "done" | "done before" | "failed";

/** Counts pictures. */
export interface BatchProgress {
  /** One more is over. */
  count(outcome: BatchOutcome): void;
  /** Takes the line away and says what came out. */
  end(): void;
}

const BAR_WIDTH = 24;
/** The speed of the last minute tells more than that of the whole night. */
const WINDOW_MS = 60_000;

/**
 * @param terminal Where to draw.
 * @param total Pictures in all.
 * @param quiet Nothing is written, not even at the end.
 * @param now Milliseconds of a clock that never goes back.
 */
export function createBatchProgress(
  terminal: Terminal,
  total: number,
  quiet: boolean,
  now: () => number = () => performance.now(),
): BatchProgress {
  const counts: Record<BatchOutcome, number> = { "done": 0, "done before": 0, "failed": 0 };
  const recent: number[] = [];
  const startedAt = now();
  let drawnAt = -Infinity;
  const draws = terminal.stderrIsTerminal && !quiet;

  function draw(time: number) {
    while (recent.length > 0 && recent[0]! < time - WINDOW_MS) recent.shift();
    const over = counts.done + counts["done before"] + counts.failed;
    const filled = Math.round((over / total) * BAR_WIDTH);
    const bar = "=".repeat(filled) + "-".repeat(BAR_WIDTH - filled);
    const perMs = recent.length / Math.max(1, Math.min(WINDOW_MS, time - startedAt));
    const left = recent.length < 2
      ? ""
      : `  ${(perMs * 1000).toFixed(1)}/s  ${formatSeconds((total - over) / perMs)} left`;
    const failed = counts.failed === 0 ? "" : `  ${counts.failed} failed`;
    const line = `${bar}  ${over}/${total}${failed}${left}`;
    terminal.writeStderr(`\r\x1b[K${line.slice(0, Math.max(0, terminal.columns() - 1))}`);
  }

  return {
    count(outcome) {
      counts[outcome]++;
      const time = now();
      if (outcome !== "done before") recent.push(time); // what was there already says nothing about speed
      if (!draws || time - drawnAt < 100) return;
      drawnAt = time;
      draw(time);
    },
    end() {
      if (draws) terminal.writeStderr("\r\x1b[K");
      if (quiet) return;
      const seconds = (now() - startedAt) / 1000;
      const { done, failed } = counts;
      const parts = [`${done} done in ${seconds.toFixed(1)} s (${(done / seconds).toFixed(2)}/s)`];
      if (counts["done before"] > 0) parts.push(`${counts["done before"]} were done before`);
      if (failed > 0) parts.push(`${failed} failed`);
      const open = total - done - counts["done before"] - failed;
      if (open > 0) parts.push(`${open} are open`);
      terminal.writeStderr(`${parts.join(", ")}\n`);
    },
  };
}
