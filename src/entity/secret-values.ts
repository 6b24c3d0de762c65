import type { KubeObject } from '../spec/kube-types.ts';

/** Keys of Secrets whose values are no secret in themselves and are named in ordinary messages. */
const harmlessKey =
  /(?:^|[._-])(?:user|username|host|hostname|port|db|database|dbname|name|endpoint|namespace|ca\.crt)$/i;

/** `host:port`, or a URL without a user: where something is, not how to get in. */
const address = /^(?:[a-z][a-z0-9+.-]*:\/\/[^@\s]+|[a-z0-9.-]+:\d{1,5})$/i;

/**
 * What must never be readable anywhere: decoded values of a Secret under keys that hold credentials, and passwords
 * inside URLs. Values shorter than 8 characters are left out: replacing them everywhere would garble ordinary text.
 */
export function sensitiveValues(secret: KubeObject): readonly string[] {
  const values: string[] = [];
  const add = (key: string, value: string) => {
    const password = /^[a-z][a-z0-9+.-]*:\/\/[^:@/\s]*:([^@\s]+)@/i.exec(value)?.[1];
    if (harmlessKey.test(key) || (password === undefined && address.test(value))) return;
    for (const candidate of password === undefined ? [value] : [value, password])
      if (candidate.length >= 8) values.push(candidate);
  };
  for (const [key, value] of Object.entries(record(secret.data)))
    if (typeof value === 'string') add(key, Buffer.from(value, 'base64').toString('utf8').trim());
  for (const [key, value] of Object.entries(record(secret.stringData)))
    if (typeof value === 'string') add(key, value.trim());
  return values;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
