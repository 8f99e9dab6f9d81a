import { v7 } from 'uuid';

/** A new UUIDv7: sortable by creation time, made in the application so that writes can be batched. */
export const newId = (): string => v7();
