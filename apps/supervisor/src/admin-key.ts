import { readOrCreateSecretFile, type Secret } from '@pressroom/runtime';

/** The key kept in `path`; created on the first start, readable by its owner only. */
export const readOrCreateAdminKey = (path: string): Secret => readOrCreateSecretFile(path, 'pressroom_admin_');
