import { connect, createServer } from 'node:net';

/**
 * Runs in the network namespace of a session and nowhere else: takes connections on its loopback and hands them to
 * the proxy of the harness through a Unix socket. Ends with its input.
 */
const [socketPath = '', port = '0'] = process.argv.slice(2);
const server = createServer((client) => {
  const proxy = connect(socketPath);
  client.on('error', () => proxy.destroy());
  proxy.on('error', () => client.destroy());
  client.on('close', () => proxy.destroy());
  client.pipe(proxy).pipe(client);
});
server.listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'));
process.stdin.on('end', () => process.exit()).resume();
