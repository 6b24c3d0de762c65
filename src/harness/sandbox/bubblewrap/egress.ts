import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import { UserError } from '../../../base/errors.ts';
import { SandboxError } from '../sandbox.ts';
import { AllowListProxy, parseHost } from './allow-list-proxy.ts';
import { hostEnvironment } from './holder.ts';

const port = 3128;

/** A way out of a session to the hosts of a list, through a proxy of ours; the session itself has no other network. */
export class Egress {
  /** What tells programs inside about the proxy. */
  static readonly environment: Readonly<Record<string, string>> = {
    ...Object.fromEntries(
      ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'].map((name) => [
        name,
        `http://127.0.0.1:${port}`,
      ]),
    ),
    NODE_USE_ENV_PROXY: '1',
  };
  readonly #proxy: AllowListProxy;
  readonly #bridge: ChildProcess;

  private constructor(proxy: AllowListProxy, bridge: ChildProcess) {
    this.#proxy = proxy;
    this.#bridge = bridge;
  }

  /** `enter`: arguments of nsenter that lead to the session's network. `socketPath`: only we may reach it. */
  static async start(
    allowHosts: readonly string[],
    enter: readonly string[],
    socketPath: string,
  ): Promise<Egress> {
    for (const host of allowHosts)
      if (!parseHost(host))
        throw new UserError('bad-host', `"${host}" is no host name`, { hint: 'write name or name:port' });
    const proxy = await AllowListProxy.start(allowHosts, socketPath);
    const file = join(import.meta.dirname, `bridge${extname(import.meta.filename)}`);
    const bridge = spawn('nsenter', [...enter, '--', process.execPath, file, socketPath, String(port)], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: hostEnvironment(),
    });
    bridge.stdin.on('error', () => undefined);
    const started = await Promise.race([
      once(bridge.stdout, 'data').then(() => true),
      once(bridge, 'close').then(() => false),
    ]).catch(() => false);
    const egress = new Egress(proxy, bridge);
    if (!started) {
      await egress.stop();
      throw new SandboxError('the way out of the sandbox to the allowed hosts could not be made');
    }
    return egress;
  }

  async stop(): Promise<void> {
    if (this.#bridge.exitCode === null && this.#bridge.signalCode === null) {
      const gone = once(this.#bridge, 'close');
      this.#bridge.kill('SIGKILL');
      await gone;
    }
    await this.#proxy.stop();
  }
}
