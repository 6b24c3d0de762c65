import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { kindConfig } from '../../../src/cluster/kind/kind-config.ts';
import { kindSettings } from '../../../src/cluster/kind/kind-settings.ts';
import { mirrored } from '../../../src/cluster/kind/obtain-image.ts';
import type { ClusterProfile } from '../../../src/spec/profile.ts';

const profile: ClusterProfile = {
  apiVersion: 'culprit.dev/v1',
  kind: 'ClusterProfile',
  name: 'mine',
  provider: 'kind',
  kindCluster: { workers: 3, images: { base: 'node:22' }, registryMirrors: { 'docker.io': 'a/b' } },
  timing: { nodeGracePeriod: '16s', podEvictionAfter: '20s' },
};

describe('settings', () => {
  test('the environment goes before the profile, and the profile before what is usual', () => {
    expect(kindSettings(profile, {})).toMatchObject({
      clusterName: 'mine',
      workers: 3,
      nodeImage: undefined,
      baseImage: 'node:22',
      cpuShare: 0.2,
      nodeGraceSeconds: 16,
      podEvictionSeconds: 20,
    });
    expect(
      kindSettings(profile, {
        CULPRIT_BASE_IMAGE: 'node:24',
        CULPRIT_NODE_IMAGE: 'mine/node:1',
        CULPRIT_REDIS_IMAGE: 'valkey:8',
        CULPRIT_REGISTRY_MIRRORS: 'docker.io=c/d, quay.example=e',
        CULPRIT_CPU_SHARE: '0.5',
      }),
    ).toMatchObject({
      baseImage: 'node:24',
      nodeImage: 'mine/node:1',
      storeImages: { redis: 'valkey:8' },
      registryMirrors: { 'docker.io': 'c/d', 'quay.example': 'e' },
      cpuShare: 0.5,
    });
  });

  test.each([
    ['CULPRIT_CPU_SHARE', '0'],
    ['CULPRIT_LOAD_SHARE', 'much'],
    ['CULPRIT_REGISTRY_MIRRORS', 'docker.io'],
  ])('%s=%s is refused by name', (name, value) => {
    expect(() => kindSettings(profile, { [name]: value })).toThrow(name);
  });

  test('official images, users of the hub and other registries are found behind a mirror', () => {
    const mirrors = { 'docker.io': 'm.example/hub/', 'quay.example': 'm.example/quay' };
    expect(mirrored('node:24', mirrors)).toBe('m.example/hub/library/node:24');
    expect(mirrored('prom/prometheus:v3', mirrors)).toBe('m.example/hub/prom/prometheus:v3');
    expect(mirrored('quay.example/a/b:1', mirrors)).toBe('m.example/quay/a/b:1');
    expect(mirrored('other.example:5000/a:1', mirrors)).toBe('other.example:5000/a:1');
  });
});

describe('what kind is given', () => {
  interface Patch {
    readonly apiVersion: string;
    readonly controllerManager: { readonly extraArgs: unknown };
  }
  const config = parse(kindConfig(kindSettings(profile, {}))) as {
    nodes: { role: string; labels: Record<string, string> }[];
    kubeadmConfigPatches: string[];
  };

  test('one control plane in a zone of its own, and the workers in two others', () => {
    expect(config.nodes.map(({ role }) => role)).toEqual(['control-plane', 'worker', 'worker', 'worker']);
    const [own, ...others] = config.nodes.map(({ labels }) => labels['topology.kubernetes.io/zone']);
    expect(new Set(others).size).toBe(2);
    expect(others).not.toContain(own);
  });

  test('each version of kubeadm is told the same patience in its own form', () => {
    const patches = config.kubeadmConfigPatches.map((text) => parse(text) as Patch);
    const told = Object.fromEntries(
      patches.map(({ apiVersion, controllerManager: { extraArgs } }) => [
        apiVersion.split('/')[1],
        Array.isArray(extraArgs)
          ? Object.fromEntries(
              (extraArgs as { name: string; value: string }[]).map(({ name, value }) => [name, value]),
            )
          : extraArgs,
      ]),
    );
    for (const version of ['v1beta2', 'v1beta3', 'v1beta4'])
      expect(told[version]).toMatchObject({ 'node-monitor-grace-period': '16s' });
    expect(told['v1beta4']).toMatchObject({ 'enable-hostpath-provisioner': 'true' });
  });

  test('nothing is said about patience where the profile says nothing', () => {
    const { timing: _, ...usual } = profile;
    expect(parse(kindConfig(kindSettings(usual, {})))).not.toHaveProperty('kubeadmConfigPatches');
  });
});
