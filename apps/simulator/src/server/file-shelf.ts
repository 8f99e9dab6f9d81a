import { randomUUID } from 'node:crypto';

export interface ShelvedFile {
  id: string;
  owner: string;
  filename: string;
  purpose: string;
  createdAtMs: number;
  content: string;
}

export interface FileShelf {
  add(file: Omit<ShelvedFile, 'id'>): ShelvedFile;
  find(owner: string, id: string): ShelvedFile | undefined;
  remove(owner: string, id: string): boolean;
}

/** More files than this are not kept: the oldest go first. */
const MOST_FILES = 500;

/** Files that were uploaded, and those that hold the results of batches. In memory, bounded. */
export function createFileShelf(): FileShelf {
  const files = new Map<string, ShelvedFile>();
  return {
    add(file) {
      const added = { id: `file-sim-${randomUUID().replaceAll('-', '')}`, ...file };
      files.set(added.id, added);
      const oldest = files.keys().next().value;
      if (files.size > MOST_FILES && oldest !== undefined) files.delete(oldest);
      return added;
    },
    find: (owner, id) => {
      const file = files.get(id);
      return file?.owner === owner ? file : undefined;
    },
    remove: (owner, id) => files.get(id)?.owner === owner && files.delete(id),
  };
}
