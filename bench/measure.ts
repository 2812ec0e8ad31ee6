/**
 * What the benches share: repeated timing in CPU time of this process, so that neighbours on the machine count less, peak
 * memory, and tables. A bench prints; it never fails on a time.
 */
import process from "node:process";

/** Middle, least and most of repeated measurements. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Median and spread of some values. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: sorted[sorted.length >> 1]!, least: sorted[0]!, most: sorted.at(-1)! };
}

/** CPU milliseconds of this process so far, all threads of the runtime included. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Collects times by name. */
export class Stopwatch {
  readonly #times = new Map<string, number[]>();

  /** Runs `work` and adds its CPU time to those of `name`. */
  async time<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    const begin = cpuTime(), result = await work();
    this.add(name, cpuTime() - begin);
    return result;
  }

  /** Adds a time, in milliseconds. */
  add(name: string, ms: number): void {
    const times = this.#times.get(name) ?? [];
    this.#times.set(name, times);
    times.push(ms);
  }

  /** Forgets all: the end of the warm-up. */
  clear(): void {
    this.#times.clear();
  }

  /** Medians and spreads in the order in which names came. */
  spreads(): [name: string, times: Spread][] {
    return [...this.#times].map(([name, times]) => [name, spread(times)]);
  }
}

/** Highest resident memory of this process so far in bytes; where the system does not tell, the present one. */
export function peakMemory(): number {
  try {
    const line = /VmHWM:\s+(\d+) kB/.exec(Deno.readTextFileSync("/proc/self/status"));
    if (line) return 1024 * Number(line[1]);
  } catch {
    // no such file, or no leave to read it: Deno lets only --allow-all
  }
  return Deno.memoryUsage().rss;
}

/** A Markdown table whose columns line up; numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]!.length)));
  const right = head.map((_, i) => i > 0 && rows.every((row) => /^[-\d.,%x ]*$/.test(row[i]!)));
  const cell = (text: string, i: number) => right[i] ? text.padStart(widths[i]!) : text.padEnd(widths[i]!);
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  const rule = widths.map((width, i) => right[i] ? "-".repeat(width - 1) + ":" : "-".repeat(width));
  return [line(head), `| ${rule.join(" | ")} |`, ...rows.map(line)].join("\n");
}

/** Processes that want a core, averaged over a minute, where the system tells: above the idle cores, timings are noise. */
export function load(): string {
  try {
    return `load ${Deno.loadavg()[0]!.toFixed(1)} on ${navigator.hardwareConcurrency} cores`;
  } catch {
    return `${navigator.hardwareConcurrency} cores`;
  }
}
