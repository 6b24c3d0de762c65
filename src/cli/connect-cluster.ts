import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { PrerequisiteError, UserError } from '../base/errors.ts';
import { isAlive, readClusterStates, stateFolder } from '../cluster/cluster-state.ts';
import { connectControl } from '../cluster/control-protocol.ts';
import type { InjectionTarget } from '../fault/injection-target.ts';
import { journalPath } from '../fault/journal-path.ts';
import type { ApiConnection } from '../kube/api-connection.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Io } from './io.ts';

/** A cluster that somebody else keeps running. */
export interface ConnectedCluster extends AsyncDisposable {
  readonly target: InjectionTarget;
  readonly server: string;
  /** Epoch ms by the cluster's own clock, asked now. */
  nowMs(): Promise<number>;
  /** Whether nodes can be stopped and the load changed; otherwise `target` refuses it. */
  readonly hasControl: boolean;
  /** The injection journal of this cluster on this machine. */
  readonly journal: string;
}

/** Connects to the cluster of a kubeconfig (`--kubeconfig`, `KUBECONFIG`, `~/.kube/config`). */
export async function connectCluster(
  options: { kubeconfig?: string | undefined },
  io: Io,
): Promise<ConnectedCluster> {
  const { clientOver } = await import('../kube/http-client.ts');
  const { connectApi } = await import('../kube/api-connection.ts');
  const { adaptToServer } = await import('../kube/adapt-to-server.ts');
  const path = await kubeconfigPath(options.kubeconfig, io);
  const text = await readFile(path, 'utf8').catch(() => {
    throw new PrerequisiteError('no-kubeconfig', `there is no kubeconfig at ${path}`, {
      hint: 'start a cluster with `culprit cluster up`, or give --kubeconfig',
    });
  });
  const server = currentServer(text, path);
  const connection = connectApi({ kubeconfigText: text });
  const kube = adaptToServer(clientOver(connection));
  try {
    const embedded = await connectControl(server);
    const control = embedded ?? (await kindControl(server, connection, kube, io));
    const system = await kube
      .get({ apiVersion: 'v1', kind: 'Namespace', name: 'kube-system' })
      .catch((cause: unknown) => {
        throw new PrerequisiteError('cluster-unreachable', `the cluster at ${server} does not answer`, {
          cause,
          hint: '`culprit cluster status` tells whether it runs',
        });
      });
    let nowMs = (await embedded?.nowMs()) ?? Date.now();
    const refuse = (what: string) => async (): Promise<never> => {
      throw new PrerequisiteError(
        'no-control',
        `${what} needs a cluster that culprit runs; ${server} is not`,
      );
    };
    return {
      server,
      hasControl: control !== undefined,
      journal: journalPath(stateFolder(io.env), {
        kubeSystemUid: system.metadata.uid ?? '',
        embeddedAt: embedded === undefined ? undefined : server,
      }),
      nowMs: async () => {
        nowMs = (await embedded?.nowMs()) ?? Date.now();
        return nowMs;
      },
      target: {
        kube,
        clock: { nowMs: () => nowMs },
        nodes: control?.nodes ?? {
          stopNode: refuse('stopping a node'),
          startNode: refuse('starting a node'),
        },
        load: control?.load ?? { setLoadFactor: refuse('changing the load'), loadFactor: async () => 1 },
      },
      [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
    };
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    throw error;
  }
}

/** Nodes and load of a kind cluster that we made; undefined where the server is not one. */
async function kindControl(
  server: string,
  connection: ApiConnection,
  kube: KubeClient,
  io: Io,
): Promise<Pick<InjectionTarget, 'nodes' | 'load'> | undefined> {
  const states = await readClusterStates(stateFolder(io.env));
  const state = states.find((one) => one.kind !== undefined && one.server === server);
  if (state === undefined) return undefined;
  const { kindNodeControl } = await import('../cluster/kind/nodes.ts');
  const { KindLoadControl } = await import('../cluster/kind/load-control.ts');
  const load = state.kind?.load;
  return {
    nodes: kindNodeControl(state, kube),
    load:
      load === undefined
        ? { setLoadFactor: async () => {}, loadFactor: async () => 1 }
        : new KindLoadControl(connection, kube, load),
  };
}

/** What was asked for, else KUBECONFIG, else the one cluster that `culprit cluster up` keeps, else ~/.kube/config. */
async function kubeconfigPath(given: string | undefined, io: Io): Promise<string> {
  if (given !== undefined) return resolve(io.cwd, given);
  const first = io.env['KUBECONFIG']?.split(delimiter).find((part) => part !== '');
  if (first !== undefined) return resolve(io.cwd, first);
  const [running, ...others] = (await readClusterStates(stateFolder(io.env))).filter(isAlive);
  if (running !== undefined && others.length === 0) return running.kubeconfig;
  return join(io.env['HOME'] ?? homedir(), '.kube/config');
}

function currentServer(text: string, path: string): string {
  type Named = { name?: string; context?: { cluster?: string }; cluster?: { server?: string } };
  const config = parse(text) as { 'current-context'?: string; contexts?: Named[]; clusters?: Named[] } | null;
  const context = config?.contexts?.find((one) => one.name === config['current-context'])?.context;
  const server = config?.clusters?.find((one) => one.name === context?.cluster)?.cluster?.server;
  if (typeof server === 'string') return server.replace(/\/$/, '');
  throw new UserError('no-cluster', `${path} names no current cluster`, {
    hint: 'kubectl config use-context NAME',
  });
}
