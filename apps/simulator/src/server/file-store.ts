import { randomUUID } from 'node:crypto';

export interface StoredFile {
  id: string;
  owner: string;
  filename: string;
  purpose: string;
  createdAtMs: number;
  content: string;
}

export interface FileStore {
  add(file: Omit<StoredFile, 'id'>): StoredFile;
  find(owner: string, id: string): StoredFile | undefined;
  remove(owner: string, id: string): boolean;
}

/** Maximum number of stored files: the oldest are evicted. */
const MAX_FILES = 500;

/** Uploaded files and output files of batches. In memory, bounded. */
export function createFileStore(): FileStore {
  const files = new Map<string, StoredFile>();
  return {
    add(file) {
      const added = { id: `file-sim-${randomUUID().replaceAll('-', '')}`, ...file };
      files.set(added.id, added);
      const oldest = files.keys().next().value;
      if (files.size > MAX_FILES && oldest !== undefined) files.delete(oldest);
      return added;
    },
    find: (owner, id) => {
      const file = files.get(id);
      return file?.owner === owner ? file : undefined;
    },
    remove: (owner, id) => files.get(id)?.owner === owner && files.delete(id),
  };
}
