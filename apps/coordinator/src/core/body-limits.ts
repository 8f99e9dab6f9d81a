/** Largest body of one task, in bytes. */
export const MAX_BODY_BYTES = 2 * 1024 * 1024;
/** Largest body of a bulk submission, in bytes. */
export const MAX_BULK_BODY_BYTES = 16 * 1024 * 1024;
