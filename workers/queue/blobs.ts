/**
 * Where a job's bytes lie: the image file that came in, the record that goes out. Files in the data folder beside the
 * embedded database, which has no place for megabytes; a table where there is PostgreSQL, so that every machine sees
 * them. Object storage would be a third class here, and nothing else would change.
 */
import { dirname } from "node:path";
import { coalesced } from "./coalesced.ts";

/** Bytes by key. Keys are `id/input` and `id/record`. */
export interface Blobs {
  get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Whether it is there, without its bytes. */
  has(key: string): Promise<boolean>;
  put(key: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  delete(key: string): Promise<void>;
  /** Drops what is older than its time to live, and the oldest records of what is too much. */
  sweep(): Promise<void>;
}

/** How much is kept. */
export interface BlobLimits {
  /** Seconds for which a blob is kept. */
  readonly ttlSeconds: number;
  /** Bytes of all records; images of waiting jobs are never dropped for room. */
  readonly maxBytes: number;
}

/** Runs a statement. */
export type Sql = (text: string, values?: unknown[]) => Promise<{ rows: unknown[] }>;

const KEY = /^[0-9a-f-]{36}\/(input|record)$/;

/** Blobs as files; one is always whole. */
export class FileBlobs implements Blobs {
  readonly #folder: string;
  readonly #limits: BlobLimits;

  /** Keeps blobs below a folder, which is made with the first one. */
  constructor(folder: string, limits: BlobLimits) {
    this.#folder = folder;
    this.#limits = limits;
  }

  async get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      return await Deno.readFile(this.#path(key));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  async has(key: string): Promise<boolean> {
    return await Deno.stat(this.#path(key)).catch(ignoreNotFound) !== undefined;
  }

  async put(key: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const path = this.#path(key), temporary = `${path}.${crypto.randomUUID()}`;
    await Deno.mkdir(dirname(path), { recursive: true });
    try {
      await Deno.writeFile(temporary, bytes);
      await Deno.rename(temporary, path);
    } catch (error) {
      await Deno.remove(temporary).catch(() => {}); // half a file on a full disk is of no use
      throw error;
    }
  }

  async delete(key: string): Promise<void> {
    await Deno.remove(this.#path(key)).catch(ignoreNotFound);
  }

  async sweep(): Promise<void> {
    const { ttlSeconds, maxBytes } = this.#limits;
    const oldest = Date.now() - ttlSeconds * 1000;
    const records: { path: string; time: number; size: number }[] = [];
    for (const shard of await listFolder(this.#folder)) {
      for (const name of await listFolder(`${this.#folder}/${shard}`)) {
        const path = `${this.#folder}/${shard}/${name}`;
        const stat = await Deno.stat(path).catch(ignoreNotFound);
        if (!stat) continue;
        const { size } = stat, time = stat.mtime?.getTime() ?? 0;
        if (time < oldest) await Deno.remove(path).catch(ignoreNotFound);
        else if (name.endsWith(".record")) records.push({ path, time, size });
      }
    }
    let room = maxBytes;
    for (const { path, size } of records.sort((a, b) => b.time - a.time)) {
      room -= size;
      if (room < 0) await Deno.remove(path).catch(ignoreNotFound);
    }
  }

  /** 256 folders, so that none gets too long for the file system. */
  #path(key: string): string {
    if (!KEY.test(key)) throw new TypeError(`Cannot find blob: want a key like id/input, got ${key}`);
    return `${this.#folder}/${key.slice(0, 2)}/${key.replace("/", ".")}`;
  }
}

/** Blobs as rows. */
export class TableBlobs implements Blobs {
  readonly #sql: Sql;
  readonly #delete: (key: string) => Promise<void>;
  readonly #limits: BlobLimits;

  /** Keeps blobs in the table `dsc.blob`. */
  constructor(sql: Sql, limits: BlobLimits) {
    this.#sql = sql;
    this.#delete = coalesced(async (keys) => {
      await sql("delete from dsc.blob where key = any($1::text[])", [keys]);
    });
    this.#limits = limits;
  }

  async get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { rows } = await this.#sql("select data from dsc.blob where key = $1", [key]);
    const [row] = rows as { data: Uint8Array }[];
    return row && new Uint8Array(row.data); // a copy: the driver's buffer is part of a larger one
  }

  async has(key: string): Promise<boolean> {
    const { rows } = await this.#sql("select 1 from dsc.blob where key = $1", [key]);
    return rows.length > 0;
  }

  async put(key: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#sql(
      `insert into dsc.blob (key, data, expires) values ($1, $2, now() + $3 * interval '1 second')
       on conflict (key) do update set data = excluded.data, expires = excluded.expires`,
      [key, bytes, this.#limits.ttlSeconds],
    );
  }

  delete(key: string): Promise<void> {
    return this.#delete(key);
  }

  async sweep(): Promise<void> {
    await this.#sql("delete from dsc.blob where expires < now()");
    await this.#sql(
      `delete from dsc.blob where key in (
         select key from (
           select key, sum(octet_length(data)) over (order by expires desc, key) as total
           from dsc.blob where key like '%/record') as records
         where total > $1)`,
      [this.#limits.maxBytes],
    );
  }
}

async function listFolder(path: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(path)) names.push(name);
  } catch (error) {
    ignoreNotFound(error);
  }
  return names;
}

function ignoreNotFound(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
