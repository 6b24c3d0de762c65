/** What went wrong, told apart as a person reading a log does; the words of Go, Java, Node, Python and the stores. */
export type ErrorKind =
  | 'refused'
  | 'name-not-found'
  | 'reset'
  | 'pool-exhausted'
  | 'too-many-clients'
  | 'authentication'
  | 'timed-out'
  | 'bad-setting'
  | 'server-error';

/** In the order in which they are looked for: a pool that timed out is an exhausted pool, not a time-out. */
const words: readonly (readonly [ErrorKind, RegExp])[] = [
  [
    'pool-exhausted',
    /HikariPool|QueuePool|pool_timeout|pool-timeout|connection pool|acquir\w* (?:a )?(?:connection|client)|waiting for (?:a )?(?:connection|client)/i,
  ],
  ['too-many-clients', /too many (?:clients|connections)|too_many_connections|53300|maxclients/i],
  ['authentication', /authentication failed|WRONGPASS|NOAUTH|28P01|authorization violation/i],
  [
    'name-not-found',
    /ENOTFOUND|EAI_AGAIN|no such host|UnknownHost|name (?:resolution|or service)|could not translate host|dns_?(?:error|timeout|not_found)/i,
  ],
  ['refused', /ECONNREFUSED|connection refused|connect(?:ion)?[_ ]refused|refused/i],
  [
    'reset',
    /ECONNRESET|reset by peer|connection reset|connection_reset|broken pipe|EPIPE|socket hang up|unexpected EOF|: EOF\b|prematurely closed|server closed the connection/i,
  ],
  [
    'timed-out',
    /ETIMEDOUT|timed? ?-?out|(?:dial|read|connect|request)?_timeout|deadline exceeded|TimeoutError|ECONNABORTED/i,
  ],
  [
    'bad-setting',
    /invalid (?:value|configuration|setting|duration)|configuration (?:error|invalid)|could not parse|must be (?:one of|at (?:least|most)|between)|is required/i,
  ],
  [
    'server-error',
    /\b(?:status|code)[ =:"_a-z]*5\d\d\b|\b50[0234] (?:Bad|Service|Internal|Gateway)|HTTP(?:\/1\.1)? 5\d\d|unexpected status: 5|^5\d\d$/i,
  ],
];

/** The kind of error a text tells of; `undefined` where it tells none that is known. */
export function errorKindOf(text: string): ErrorKind | undefined {
  return words.find(([, pattern]) => pattern.test(text))?.[0];
}

const fieldLevel = /"level":\s*"?(?:50|60|error|fatal)\b|\blevel=(?:error|fatal)\b/i;
const wordLevel = /^.{0,60}\b(?:ERROR|FATAL|PANIC|CRITICAL)\b/;

/** Whether a line of a log is about an error, by its level, in the ways logging libraries write it. */
export function isErrorLine(text: string): boolean {
  const start = text.slice(0, 500);
  return fieldLevel.test(start) || wordLevel.test(start);
}
