import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CulpritError } from '../../../src/base/errors.ts';
import { readClusterStates } from '../../../src/cluster/cluster-state.ts';
import { createKindCluster } from '../../../src/cluster/kind/create-cluster.ts';
import { ensureKindCluster } from '../../../src/cluster/kind/ensure-cluster.ts';
import { kindSettings } from '../../../src/cluster/kind/kind-settings.ts';
import { kindStatus } from '../../../src/cluster/kind/kind-status.ts';
import { takeDown } from '../../../src/cluster/kind/take-down.ts';
import type { ClusterProfile } from '../../../src/spec/profile.ts';
import { FakeDocker } from './fake-docker.ts';

const profile: ClusterProfile = {
  apiVersion: 'culprit.dev/v1',
  kind: 'ClusterProfile',
  name: 'mine',
  provider: 'kind',
  kindCluster: { clusterName: 'shop' },
};
/** Every command is a process. */
const slow = { timeout: 60_000 };
const foreign = [{ id: 'f00', name: 'shop-control-plane', created: '2020-01-01T00:00:00Z', running: true }];

function options(docker: FakeDocker, steps: string[] = []) {
  return {
    folder: join(docker.folder, 'state'),
    profile,
    profilePath: '/x.yaml',
    application: '',
    settings: kindSettings(profile, {}),
    onStep: (text: string) => void steps.push(text),
  };
}

const create = (docker: FakeDocker) =>
  createKindCluster({ ...options(docker), name: 'mine', profile: '/x.yaml', application: '' });
const states = (docker: FakeDocker) => readClusterStates(join(docker.folder, 'state'));
const failure = (promise: Promise<unknown>): Promise<CulpritError> =>
  promise.then(
    () => expect.unreachable('it did not fail'),
    (error: unknown) => (CulpritError.isInstance(error) ? error : expect.unreachable(String(error))),
  );

describe('clusters that are not ours', slow, () => {
  test('are left alone: nothing is run that changes anything', async () => {
    using docker = new FakeDocker({ clusters: { shop: foreign } });
    const error = await failure(ensureKindCluster(options(docker)));
    expect(error).toMatchObject({ code: 'cluster-not-ours', exitCode: 2 });
    expect(docker.changes).toEqual([]);
    expect(await states(docker)).toEqual([]);
  });

  test('are not taken down in place of one of ours that is gone', async () => {
    using docker = new FakeDocker({ images: ['default'] });
    const state = await create(docker);
    docker.machine = { ...docker.machine, clusters: { shop: foreign } };
    const before = docker.changes.length;
    expect((await failure(takeDown(join(docker.folder, 'state'), state))).code).toBe('cluster-not-ours');
    expect(docker.changes.slice(before)).toEqual([]);
    expect(docker.machine.clusters['shop']).toEqual(foreign);
    expect(await kindStatus(state)).toBe('gone');
  });

  test('with a record of one that was never finished are told by their age', async () => {
    using docker = new FakeDocker({ images: ['default'] });
    const state = await create(docker);
    const cutOff = { ...state, kind: { ...state.kind!, phase: 'creating' as const, containers: [] } };
    expect(await takeDown(join(docker.folder, 'state'), cutOff)).toBe(true);
    docker.machine = { ...docker.machine, clusters: { shop: foreign } };
    expect((await failure(takeDown(join(docker.folder, 'state'), cutOff))).code).toBe('cluster-not-ours');
  });
});

describe('a cluster of ours', slow, () => {
  test("is made and taken down without the user's kubeconfig, and leaves no file", async () => {
    using docker = new FakeDocker({ images: ['default'] });
    const state = await create(docker);
    expect(state.kind).toMatchObject({ phase: 'ready', clusterName: 'shop' });
    expect(state.kind?.containers).toHaveLength(3);
    expect(await kindStatus(state)).toBe('running');
    await takeDown(join(docker.folder, 'state'), state);
    expect(docker.machine.clusters).toEqual({});
    expect(docker.changes.length).toBeGreaterThanOrEqual(2);
    for (const line of docker.changes) expect(line).toContain(`--kubeconfig ${state.kubeconfig}`);
    expect(existsSync(state.kubeconfig)).toBe(false);
    expect(docker.exists('.kube')).toBe(false);
    expect(await states(docker)).toEqual([]);
  });

  test('uses the local node image, and says so, where none can be pulled', async () => {
    using docker = new FakeDocker({ images: ['kindest/node:v1.20.2'] });
    const steps: string[] = [];
    await createKindCluster({
      ...options(docker, steps),
      name: 'mine',
      profile: '/x.yaml',
      application: '',
    });
    expect(steps.join('\n')).toContain('using the local kindest/node:v1.20.2');
    using empty = new FakeDocker();
    expect(await failure(create(empty))).toMatchObject({ code: 'node-image-missing' });
    expect(empty.machine.clusters).toEqual({});
  });

  test('that fails half-way is taken down with its record', async () => {
    using docker = new FakeDocker({ images: ['default'], createFails: 'ERROR: failed to join node' });
    expect((await failure(create(docker))).message).toContain('failed to join node');
    expect(docker.machine.clusters).toEqual({});
    expect(await states(docker)).toEqual([]);
  });

  test('whose making lost Docker half-way keeps its record, and the next try takes the rest down', async () => {
    using docker = new FakeDocker({
      images: ['default'],
      createFails: 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock',
    });
    expect(await failure(create(docker))).toMatchObject({ code: 'docker-stopped', exitCode: 3 });
    const [left] = await states(docker);
    expect(left?.kind?.phase).toBe('creating');
    expect(await kindStatus(left!)).toBe('unknown');
    docker.machine = { ...docker.machine, daemon: true };
    expect(await kindStatus(left!)).toBe('unfinished');
    expect(await takeDown(join(docker.folder, 'state'), left!)).toBe(true);
    expect(docker.machine.clusters).toEqual({});
  });
});

describe('what is missing', slow, () => {
  test.each(['docker', 'kind'] as const)('%s is named, with how to get it', async (program) => {
    using docker = new FakeDocker();
    docker.remove(program);
    const error = await failure(ensureKindCluster(options(docker)));
    expect(error).toMatchObject({ exitCode: 3, message: `${program} is not installed` });
    expect(error.hint).toContain('install');
  });

  test('a daemon that does not run is told apart from a Docker that is not there', async () => {
    using docker = new FakeDocker({ daemon: false });
    expect(await failure(ensureKindCluster(options(docker)))).toMatchObject({
      exitCode: 3,
      code: 'docker-stopped',
    });
  });
});
