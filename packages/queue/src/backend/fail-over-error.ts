/**
 * Error replies of a server that refuses a command because it is no longer, or not yet, the primary. None of them has
 * executed anything, so the command can be sent again. Source: replies in src/server.c and src/networking.c of Redis.
 */
const REPLIES = [
  'READONLY', // it was demoted to a replica
  'LOADING', // it reads its data set, as a demoted primary does during its first synchronisation
  'MASTERDOWN', // it is a replica that lost its primary
  'NOREPLICAS', // it is cut off from the replicas it needs for a write
  'UNBLOCKED', // a blocking command ended because the server was demoted
  'CLUSTERDOWN', // it is a member of a cluster without a quorum
] as const;

/** Before version 7, Redis reports an error inside a script as `ERR Error running script …: -READONLY …`. */
const INSIDE_SCRIPT = new RegExp(`^ERR Error running script .*-(${REPLIES.join('|')}) `, 's');
const PLAIN = new RegExp(`^(${REPLIES.join('|')}) `);

/** Whether another connection may reach a server that accepts the command. Pure. */
export const isFailOverError = (message: string): boolean => PLAIN.test(message) || INSIDE_SCRIPT.test(message);
