/**
 * Error replies of a server that rejects a command because it is not, or not yet, the primary. None of them has executed
 * the command, so it can be sent again. Source: replies in src/server.c and src/networking.c of Redis.
 */
const REPLIES = [
  'READONLY', // demoted to a replica
  'LOADING', // loading its data set, e.g. during the first synchronisation after a demotion
  'MASTERDOWN', // a replica without a connection to its primary
  'NOREPLICAS', // too few replicas are connected for a write
  'UNBLOCKED', // a blocking command was ended by a demotion
  'CLUSTERDOWN', // the cluster has no quorum
] as const;

/** Before version 7, Redis reports an error inside a script as `ERR Error running script …: -READONLY …`. */
const INSIDE_SCRIPT = new RegExp(`^ERR Error running script .*-(${REPLIES.join('|')}) `, 's');
const PLAIN = new RegExp(`^(${REPLIES.join('|')}) `);

/** Whether another connection may reach a server that accepts the command. Pure. */
export const isFailOverError = (message: string): boolean => PLAIN.test(message) || INSIDE_SCRIPT.test(message);
