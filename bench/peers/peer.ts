/** A Python process that runs the peers: bench/peers/peer.py, spoken to through its standard input and output. */

/** What {@linkcode Peer.ask} asks for. */
export interface PeerRequest {
  readonly kind: "slic" | "felzenszwalb" | "mean_shift" | "network" | "step";
  readonly width: number;
  readonly height: number;
  /** Repetitions; the last one's result is answered. */
  readonly runs: number;
  /** Arguments of the peer's function. */
  readonly options?: Readonly<Record<string, number>>;
}

/** CPU milliseconds of each run, and the labels or pixels. */
export interface PeerAnswer {
  readonly times: readonly number[];
  readonly data: ArrayBuffer;
}

/** The process. */
export class Peer {
  /** Packages that it found, with their versions. */
  readonly versions: Readonly<Record<string, string>>;
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ByteReader;

  private constructor(
    process: Deno.ChildProcess,
    output: ByteReader,
    versions: Readonly<Record<string, string>>,
  ) {
    this.#process = process;
    this.#input = process.stdin.getWriter();
    this.#output = output;
    this.versions = versions;
  }

  /** Starts Python. @throws {Deno.errors.NotFound} When there is none. */
  static async start(python: string): Promise<Peer> {
    const script = new URL("peer.py", import.meta.url).pathname;
    const command = new Deno.Command(python, { args: [script], stdin: "piped", stdout: "piped" });
    const process = command.spawn(), output = new ByteReader(process.stdout);
    return new Peer(process, output, JSON.parse(await output.line()));
  }

  /** Runs one method on an image, or a training step without one. */
  async ask(request: PeerRequest, pixels: Uint8Array = new Uint8Array()): Promise<PeerAnswer> {
    const line = JSON.stringify({ ...request, bytes: pixels.length });
    await this.#input.write(new TextEncoder().encode(line + "\n"));
    if (pixels.length > 0) await this.#input.write(pixels);
    const { times, bytes } = JSON.parse(await this.#output.line());
    return { times, data: await this.#output.bytes(bytes) };
  }

  /** Ends the process. */
  async close(): Promise<void> {
    await this.#input.close();
    await this.#process.status;
  }
}

/** Reads lines and blocks of bytes from one stream. */
class ByteReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #rest = new Uint8Array();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  async line(): Promise<string> {
    let end: number;
    while ((end = this.#rest.indexOf(10)) < 0) await this.#more();
    const text = new TextDecoder().decode(this.#rest.subarray(0, end));
    this.#rest = this.#rest.slice(end + 1);
    return text;
  }

  async bytes(length: number): Promise<ArrayBuffer> {
    while (this.#rest.length < length) await this.#more();
    const block = this.#rest.slice(0, length);
    this.#rest = this.#rest.slice(length);
    return block.buffer;
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#reader.read();
    if (done) throw new Error("Cannot read from the peer: it ended; its own message stands above");
    const joined = new Uint8Array(this.#rest.length + value.length);
    joined.set(this.#rest);
    joined.set(value, this.#rest.length);
    this.#rest = joined;
  }
}
