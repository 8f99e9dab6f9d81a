import { readFileSync } from 'node:fs';

import { ConfigError, type ConfigProblem, errorMessage, Secret } from '@pressroom/runtime';

/** Environment variables of the Redis address; every process reads them through `readRedisAddress`. */
export interface RedisVariables {
  /** `redis[s]://[user[:password]@]host[:port][/database]` */
  REDIS_URL?: string | undefined;
  /** `host:port` or URLs as above, separated by commas; credentials and TLS apply to the whole cluster. */
  REDIS_CLUSTER_NODES?: string | undefined;
  /** PEM files, for servers with a private authority and for servers that require client certificates. */
  REDIS_TLS_CA_FILE?: string | undefined;
  REDIS_TLS_CERT_FILE?: string | undefined;
  REDIS_TLS_KEY_FILE?: string | undefined;
}

export interface RedisNode {
  host: string;
  port: number;
}

export interface RedisTls {
  ca?: string;
  cert?: string;
  key?: Secret;
}

interface Access {
  username: string | undefined;
  password: Secret | undefined;
  /** Absent: no TLS. */
  tls: RedisTls | undefined;
}

export type RedisAddress =
  | (Access & { kind: 'server'; node: RedisNode; database: number })
  | (Access & { kind: 'cluster'; nodes: readonly [RedisNode, ...RedisNode[]] });

const DEFAULT_PORT = 6_379;
const FORMAT = 'redis[s]://[user[:password]@]host[:port]';
const ENCODING_HINT = 'percent-encode reserved characters of user and password (@ is %40, a comma %2C)';

type Endpoint = Omit<Access, 'tls'> & { node: RedisNode; database: number; isTls: boolean };

/**
 * Reads the address of Redis from the environment; `undefined` when no variable is set. Messages never quote a value,
 * which may contain a password.
 *
 * @throws {ConfigError} with all problems
 */
export function readRedisAddress(variables: RedisVariables): RedisAddress | undefined {
  const problems: ConfigProblem[] = [];
  const address = parse(variables, (path, message) => problems.push({ path, message }));
  if (problems.length > 0) throw new ConfigError('the environment', problems);
  return address;
}

type Report = (path: keyof RedisVariables, message: string) => void;

function parse(variables: RedisVariables, report: Report): RedisAddress | undefined {
  const { REDIS_URL: url, REDIS_CLUSTER_NODES: list } = variables;
  if (!url && !list) return undefined;
  const files = readTlsFiles(variables, report);
  if (url && list) {
    report('REDIS_CLUSTER_NODES', 'must not be set together with REDIS_URL: unset the one that is not in use');
    const endpoint = parseEndpoint(url, true);
    if (typeof endpoint === 'string') report('REDIS_URL', endpoint);
    parseCluster(list, files, variables, report);
    return undefined;
  }
  if (!url) return parseCluster(list ?? '', files, variables, report);
  const endpoint = parseEndpoint(url, true);
  if (typeof endpoint === 'string') {
    report('REDIS_URL', endpoint);
    return undefined;
  }
  const { node, database, username, password } = endpoint;
  const tls = chooseTls(files, endpoint.isTls, variables, report);
  return { kind: 'server', node, database, username, password, tls };
}

function parseCluster(
  list: string,
  files: RedisTls,
  variables: RedisVariables,
  report: Report,
): RedisAddress | undefined {
  const texts = list
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
  if (texts.length === 0) report('REDIS_CLUSTER_NODES', `must name a node as host:port or ${FORMAT}`);
  const endpoints: Endpoint[] = [];
  // Nodes given as host:port use the credentials of those given as URLs.
  const stated: Endpoint[] = [];
  for (const [index, text] of texts.entries()) {
    const endpoint = parseEndpoint(text.includes('://') ? text : `redis://${text}`, false);
    if (typeof endpoint === 'string') {
      report('REDIS_CLUSTER_NODES', `node ${index + 1}: ${endpoint}`);
      continue;
    }
    endpoints.push(endpoint);
    if (text.includes('://')) stated.push(endpoint);
  }
  const [first, ...others] = endpoints;
  if (first === undefined) return undefined;
  const access = stated[0] ?? first;
  if (!stated.every((other) => hasSameAccess(other, access))) {
    const message = 'all nodes must have the same scheme, user and password: a cluster has one set of credentials';
    report('REDIS_CLUSTER_NODES', message);
  }
  return {
    kind: 'cluster',
    nodes: [first.node, ...others.map(({ node }) => node)],
    username: access.username,
    password: access.password,
    tls: chooseTls(files, access.isTls, variables, report),
  };
}

const hasSameAccess = (a: Endpoint, b: Endpoint): boolean =>
  a.isTls === b.isTls && a.username === b.username && a.password?.reveal() === b.password?.reveal();

/** The endpoint, or the problem of the text. */
function parseEndpoint(text: string, mayNameDatabase: boolean): Endpoint | string {
  if (!URL.canParse(text.trim())) return `must be host:port or ${FORMAT}; ${ENCODING_HINT}`;
  const url = new URL(text.trim());
  if (!['redis:', 'rediss:'].includes(url.protocol)) return 'must start with redis:// or rediss:// (TLS)';
  if (url.hostname === '') return 'names no host';
  if (url.search !== '' || url.hash !== '') return `must not have "?" or "#"; ${ENCODING_HINT}`;
  if (url.port === '0') return 'names port 0';
  const path = url.pathname.replace(/^\//, '');
  if (path !== '' && !mayNameDatabase) return 'must not name a database: a cluster has only one';
  if (!/^\d{0,4}$/.test(path)) return 'must end in a database number or nothing';
  const username = decode(url.username);
  const password = decode(url.password);
  if (username === undefined || password === undefined) return ENCODING_HINT;
  return {
    node: { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? DEFAULT_PORT : Number(url.port) },
    database: Number(path),
    username: username === '' ? undefined : username,
    password: password === '' ? undefined : new Secret(password),
    isTls: url.protocol === 'rediss:',
  };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

const TLS_FILES = ['REDIS_TLS_CA_FILE', 'REDIS_TLS_CERT_FILE', 'REDIS_TLS_KEY_FILE'] as const;

function readTlsFiles(variables: RedisVariables, report: Report): RedisTls {
  const [ca, cert, key] = TLS_FILES.map((name) => {
    const path = variables[name];
    if (!path) return undefined;
    try {
      const content = readFileSync(path, 'utf8');
      if (content.includes('-----BEGIN ')) return content;
      report(name, 'is not a PEM file');
    } catch (error) {
      report(name, `cannot be read: ${errorMessage(error)}`);
    }
    return undefined;
  });
  if (!variables.REDIS_TLS_CERT_FILE !== !variables.REDIS_TLS_KEY_FILE) {
    report('REDIS_TLS_CERT_FILE', 'and REDIS_TLS_KEY_FILE must be set together');
  }
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key: new Secret(key) }) };
}

function chooseTls(files: RedisTls, isTls: boolean, variables: RedisVariables, report: Report): RedisTls | undefined {
  if (isTls) return files;
  for (const name of TLS_FILES) if (variables[name]) report(name, 'needs a rediss:// address');
  return undefined;
}
