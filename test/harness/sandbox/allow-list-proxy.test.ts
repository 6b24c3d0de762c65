import { expect, it } from 'vitest';
import { isAllowed, parseHost } from '../../../src/harness/sandbox/bubblewrap/allow-list-proxy.ts';

it('allows exactly the names of the list, at their ports', () => {
  const list = ['api.example.com', 'models.local:8000', '[::1]:11434'];
  const allowed = (host: string, port: number) => isAllowed(list, host, port);
  expect(allowed('API.example.com.', 443)).toBe(true);
  expect(allowed('api.example.com', 80)).toBe(true);
  expect(allowed('models.local', 8000)).toBe(true);
  expect(allowed('::1', 11434)).toBe(true);
  for (const [host, port] of [
    ['api.example.com', 22],
    ['models.local', 443],
    ['example.com', 443],
    ['evil-api.example.com', 443],
    ['api.example.com.evil.net', 443],
    ['apixexample.com', 443],
  ] as const)
    expect(allowed(host, port)).toBe(false);
  expect(isAllowed([], 'api.example.com', 443)).toBe(false);
});

it('reads names and ports, and nothing else', () => {
  expect(parseHost('[::1]:80')).toEqual({ hostname: '::1', port: 80 });
  expect(parseHost('a-b.c')).toEqual({ hostname: 'a-b.c', port: undefined });
  for (const text of ['', 'http://a', 'a b', 'a/b', '*.a', 'a:b', 'user@a'])
    expect(parseHost(text)).toBeUndefined();
});
