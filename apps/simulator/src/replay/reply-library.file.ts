import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { RecordedReply } from '../core/replay/recorded-reply.ts';

/** Recorded replies by the hash of their request. */
export interface ReplyLibrary {
  find(hash: string): Promise<RecordedReply | undefined>;
  save(hash: string, reply: RecordedReply): Promise<void>;
}

const Collection = z.record(z.string().regex(/^[0-9a-f]{64}$/), RecordedReply);

/**
 * Opens a library: a path ending in `.json` is one file of all replies, any other path a directory with one file each. It is
 * created when the first reply is saved.
 *
 * @throws {Error} when an existing file has other content
 */
export async function openReplyLibrary(path: string): Promise<ReplyLibrary> {
  return path.endsWith('.json') ? await openFile(path) : openDirectory(path);
}

async function openFile(path: string): Promise<ReplyLibrary> {
  const replies = new Map(Object.entries(Collection.parse((await readIfThere(path)) ?? {})));
  let writing: Promise<void> = Promise.resolve();
  return {
    find: (hash) => Promise.resolve(replies.get(hash)),
    async save(hash, reply) {
      replies.set(hash, reply);
      // Writes one at a time and atomically: no reader sees a partial file.
      writing = writing.then(() =>
        write(path, Object.fromEntries([...replies].sort(([a], [b]) => a.localeCompare(b)))),
      );
      await writing;
    },
  };
}

function openDirectory(path: string): ReplyLibrary {
  const fileOf = (hash: string): string => join(path, `${hash}.json`);
  return {
    async find(hash) {
      const content = await readIfThere(fileOf(hash));
      return content === undefined ? undefined : RecordedReply.parse(content);
    },
    async save(hash, reply) {
      await mkdir(path, { recursive: true });
      await write(fileOf(hash), reply);
    },
  };
}

async function readIfThere(file: string): Promise<unknown> {
  const found = await stat(file).catch(() => undefined);
  return found === undefined ? undefined : (JSON.parse(await readFile(file, 'utf8')) as unknown);
}

async function write(file: string, content: unknown): Promise<void> {
  const draft = `${file}.new`;
  await writeFile(draft, `${JSON.stringify(content, null, 2)}\n`);
  await rename(draft, file);
}
