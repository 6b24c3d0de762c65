import { spawn } from 'node:child_process';
import { OperationError, PrerequisiteError } from '../../base/errors.ts';
import type { ApiConnection } from '../../kube/api-connection.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { KubeconfigProfile } from '../../spec/profile.ts';
import type { LoadControl, NodeControl } from '../cluster.ts';
import { serviceProxyPath } from '../live/service-proxy.ts';

/** Stops and starts nodes by the commands of a profile; without commands it refuses. */
export function nodeControlOf(commands: KubeconfigProfile['nodes'], kube: KubeClient): NodeControl {
  const run = async (command: readonly string[] | undefined, name: string) => {
    if (command === undefined) throw noNodeControl();
    // a node that the cluster has, and nothing else, gets into a command
    await kube.get({ apiVersion: 'v1', kind: 'Node', name });
    await runProgram(command.map((word) => word.replaceAll('{node}', name)));
  };
  return {
    stopNode: (name) => run(commands?.stop, name),
    startNode: (name) => run(commands?.start, name),
  };
}

/** Why no node can be stopped. */
export function noNodeControl(): PrerequisiteError {
  return new PrerequisiteError(
    'no-control',
    'nodes of this cluster cannot be stopped: its profile has no command for it',
    {
      hint: 'kubeconfig.nodes.stop and .start, with {node} for the name',
    },
  );
}

/** The load generator's control of a profile; without one it refuses to change the load, which is 1. */
export function loadControlOf(load: KubeconfigProfile['load'], connection: ApiConnection): LoadControl {
  const ask = async (method: 'GET' | 'PUT', body?: unknown): Promise<{ factor?: number }> => {
    if (load === undefined)
      throw new PrerequisiteError(
        'no-control',
        'the load of this cluster cannot be changed: its profile says not how',
        {
          hint: 'kubeconfig.load: namespace, service and path of the load generator',
        },
      );
    const path = `${serviceProxyPath(load.namespace, load.service)}${load.path ?? '/load'}`;
    const response = await connection.request(path, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.body.text();
    if (response.status >= 300)
      throw new OperationError(
        'load-refused',
        `the load generator answered ${response.status}: ${text.slice(0, 200)}`,
        {
          isRetryable: response.status >= 500,
        },
      );
    try {
      return JSON.parse(text) as { factor?: number };
    } catch (cause) {
      throw new OperationError(
        'load-refused',
        `the load generator did not answer JSON: ${text.slice(0, 200)}`,
        { cause },
      );
    }
  };
  return {
    async setLoadFactor(factor) {
      if (load === undefined && factor === 1) return;
      await ask('PUT', { factor });
    },
    loadFactor: async () => (load === undefined ? 1 : ((await ask('GET')).factor ?? 1)),
  };
}

function runProgram([program = '', ...args]: readonly string[]): Promise<void> {
  const fail = (why: string, cause?: unknown) =>
    new OperationError('command-failed', `${[program, ...args].join(' ')}: ${why}`, { cause });
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-500);
    });
    child.on('error', (error) => reject(fail(error.message, error)));
    child.on('close', (code) => (code === 0 ? resolve() : reject(fail(`exit code ${code}: ${said.trim()}`))));
  });
}
