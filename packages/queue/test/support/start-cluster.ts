import { findFreePort } from '@pressroom/runtime';
import { type PrivateRedis, startPrivateRedis, until } from '@pressroom/testkit';

import type { Certificates } from './certificates.ts';

export interface ClusterNodeUnderTest {
  server: PrivateRedis;
  /** Port for clients: the TLS port, if there is one. */
  port: number;
}

export interface ClusterUnderTest {
  nodes: readonly ClusterNodeUnderTest[];
  /** The primary that holds a key, and its replica if the cluster has them. */
  ownerOf(key: string): Promise<{ primary: ClusterNodeUnderTest; replica: ClusterNodeUnderTest | undefined }>;
  stop(): Promise<void>;
}

const PRIMARIES = 3;
const SLOTS = 16_384;
const JOIN_TIMEOUT_MS = 20_000;
/** Short, so that a replica takes over within seconds. */
const NODE_TIMEOUT_MS = 1_000;

/** Starts three primaries, optionally with one replica each, and waits until they agree. The caller stops it. */
export async function startCluster(
  options: { certificates?: Certificates; replicas?: boolean; args?: string[] } = {},
): Promise<ClusterUnderTest> {
  const nodes: ClusterNodeUnderTest[] = [];
  for (let index = 0; index < PRIMARIES * (options.replicas === true ? 2 : 1); index += 1) {
    nodes.push(await startNode(options.certificates, options.args ?? []));
  }
  const [first] = nodes;
  if (first === undefined) throw new Error('the cluster has no nodes');
  const size = Math.ceil(SLOTS / PRIMARIES);
  for (const [index, { server }] of nodes.slice(0, PRIMARIES).entries()) {
    const last = Math.min(SLOTS, size * (index + 1)) - 1;
    await server.command('CLUSTER', 'ADDSLOTSRANGE', String(size * index), String(last));
  }
  for (const { server, port } of nodes.slice(1)) {
    // Members use the same port and credentials as clients.
    const bus = await configOf(server, 'cluster-port');
    await first.server.command('CLUSTER', 'MEET', '127.0.0.1', String(port), bus);
  }
  await untilAll(nodes, 'CLUSTER INFO', `cluster_known_nodes:${nodes.length}`);
  for (const [index, { server }] of nodes.slice(PRIMARIES).entries()) {
    const primary = nodes[index]?.server;
    await server.command('CLUSTER', 'REPLICATE', bulk((await primary?.command('CLUSTER', 'MYID')) ?? ''));
  }
  await untilAll(nodes, 'CLUSTER INFO', 'cluster_state:ok');
  await untilAll(nodes.slice(PRIMARIES), 'INFO replication', 'master_link_status:up');
  return {
    nodes,
    ownerOf: async (key) => {
      const slot = Number((await first.server.command('CLUSTER', 'KEYSLOT', key)).slice(1));
      const at = Math.floor(slot / size);
      const primary = nodes[at];
      if (primary === undefined) throw new Error(`no node holds slot ${slot}`);
      return { primary, replica: nodes[at + PRIMARIES] };
    },
    stop: async () => {
      await Promise.all(nodes.map(({ server }) => server.stop()));
    },
  };
}

async function startNode(certificates: Certificates | undefined, args: string[]): Promise<ClusterNodeUnderTest> {
  const [busPort, tlsPort] = [await findFreePort(), await findFreePort()];
  const tls = certificates && [
    ...['--tls-port', String(tlsPort), '--tls-cluster', 'yes', '--tls-replication', 'yes', '--tls-auth-clients', 'yes'],
    ...['--tls-ca-cert-file', certificates.ca],
    ...['--tls-cert-file', certificates.cert, '--tls-key-file', certificates.key],
  ];
  const cluster = ['--cluster-enabled', 'yes', '--cluster-port', String(busPort)];
  const timing = ['--cluster-node-timeout', String(NODE_TIMEOUT_MS), '--repl-diskless-sync-delay', '0'];
  const server = await startPrivateRedis({ args: [...cluster, ...timing, ...(tls ?? []), ...args] });
  if (server === undefined) throw new Error('redis-server is not installed');
  return { server, port: certificates === undefined ? server.port : tlsPort };
}

const untilAll = (nodes: readonly ClusterNodeUnderTest[], command: string, expected: string): Promise<unknown> =>
  until(
    async () => {
      const replies = await Promise.all(nodes.map(({ server }) => server.command(...command.split(' '))));
      return replies.every((reply) => reply.includes(expected));
    },
    { timeoutMs: JOIN_TIMEOUT_MS, everyMs: 50, describe: `${expected} of every node` },
  );

const configOf = async (server: PrivateRedis, name: string): Promise<string> =>
  (await server.command('CONFIG', 'GET', name)).trim().split('\r\n').at(-1) ?? '';

/** The text of a bulk reply. */
const bulk = (reply: string): string => reply.split('\r\n')[1] ?? '';
