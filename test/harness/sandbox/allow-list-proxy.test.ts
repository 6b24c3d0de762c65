import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import {
  AllowListProxy,
  isAllowed,
  parseHost,
} from '../../../src/harness/sandbox/bubblewrap/allow-list-proxy.ts';
import { temporaryFolder } from '../../helpers/small-scenario.ts';

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

it.each([
  ['goes on talking after a refusal', 'other.example.com:443', 'stays'],
  ['goes on talking after a refusal and leaves', 'other.example.com:443', 'leaves'],
  ['is connected to a host that never ends', undefined, 'stays'],
  ['has left a host that never ends', undefined, 'leaves'],
] as const)(
  'stops while a client %s',
  async (_, host, then) => {
    const silent = createServer({ allowHalfOpen: true }, (socket) =>
      socket.on('error', () => undefined).resume(),
    );
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const allowed = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    await using folder = await temporaryFolder();
    const socketPath = join(folder.path, 'way');
    const proxy = await AllowListProxy.start([allowed], socketPath);
    const client = connect(socketPath).on('error', () => undefined);
    const ended = new Promise((resolve) => client.once('close', resolve));
    onTestFinished(() => {
      client.destroy();
      silent.close();
    });
    client.write(`CONNECT ${host ?? allowed} HTTP/1.1\r\n\r\n`);
    const [answer] = (await once(client, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(host === undefined ? /^HTTP\/1.1 200 / : /^HTTP\/1.1 403 /);
    client.write('and more');
    if (then === 'leaves') client.destroy();
    await proxy.stop();
    await ended;
    await expect(once(connect(socketPath), 'connect')).rejects.toThrow(/ENOENT|ECONNREFUSED/);
  },
  5000,
);
