import { parseDuration } from '../../base/duration.ts';
import { UserError } from '../../base/errors.ts';
import type { ClusterProfile } from '../../spec/profile.ts';

/** Kinds of store whose image is somebody else's. */
export const storeKinds = ['postgres', 'redis', 'nats'] as const;
export type StoreKind = (typeof storeKinds)[number];

/** A profile's section `kindCluster` with defaults filled in and the environment's wishes applied. */
export interface KindSettings {
  readonly clusterName: string;
  readonly workers: number;
  /** `undefined`: what the installed kind takes. */
  readonly nodeImage: string | undefined;
  readonly baseImage: string;
  readonly prometheusImage: string;
  readonly storeImages: Readonly<Record<StoreKind, string>>;
  /** A registry's host to the prefix that replaces it. */
  readonly registryMirrors: Readonly<Record<string, string>>;
  readonly cpuShare: number;
  readonly loadShare: number;
  readonly scrapeInterval: string;
  readonly evaluationInterval: string;
  /** Seconds; `undefined`: Kubernetes' own. */
  readonly nodeGraceSeconds: number | undefined;
  /** Seconds; `undefined`: Kubernetes' own. */
  readonly podEvictionSeconds: number | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What a kind cluster of the profile is made of. The environment goes before the profile: CULPRIT_NODE_IMAGE,
 * CULPRIT_BASE_IMAGE, CULPRIT_PROMETHEUS_IMAGE, CULPRIT_POSTGRES_IMAGE, CULPRIT_REDIS_IMAGE, CULPRIT_NATS_IMAGE,
 * CULPRIT_REGISTRY_MIRRORS (`HOST=PREFIX,…`), CULPRIT_CPU_SHARE and CULPRIT_LOAD_SHARE. UserError for one that makes
 * no sense.
 */
export function kindSettings(profile: ClusterProfile, env: Environment = process.env): KindSettings {
  const { kindCluster: kind = {} } = profile;
  const { images = {} } = kind;
  const wish = (name: string) => env[name] || undefined;
  return {
    clusterName: kind.clusterName ?? profile.name,
    workers: kind.workers ?? 2,
    nodeImage: wish('CULPRIT_NODE_IMAGE') ?? kind.nodeImage,
    baseImage: wish('CULPRIT_BASE_IMAGE') ?? images.base ?? 'node:24-bookworm-slim',
    prometheusImage: wish('CULPRIT_PROMETHEUS_IMAGE') ?? images.prometheus ?? 'prom/prometheus:v3.5.0',
    storeImages: {
      postgres: wish('CULPRIT_POSTGRES_IMAGE') ?? images.postgres ?? 'postgres:16.4-bookworm',
      redis: wish('CULPRIT_REDIS_IMAGE') ?? images.redis ?? 'redis:7.2.5-bookworm',
      nats: wish('CULPRIT_NATS_IMAGE') ?? images.nats ?? 'nats:2.10.22-alpine',
    },
    registryMirrors: { ...kind.registryMirrors, ...mirrors(wish('CULPRIT_REGISTRY_MIRRORS')) },
    cpuShare: share('CULPRIT_CPU_SHARE', wish('CULPRIT_CPU_SHARE')) ?? kind.cpuShare ?? 0.2,
    loadShare: share('CULPRIT_LOAD_SHARE', wish('CULPRIT_LOAD_SHARE')) ?? kind.loadShare ?? 0.25,
    scrapeInterval: kind.scrapeInterval ?? '15s',
    evaluationInterval: kind.evaluationInterval ?? '15s',
    nodeGraceSeconds: seconds(profile.timing?.nodeGracePeriod),
    podEvictionSeconds: seconds(profile.timing?.podEvictionAfter),
  };
}

function seconds(text: string | undefined): number | undefined {
  const ms = text === undefined ? undefined : parseDuration(text);
  return ms === undefined ? undefined : Math.max(1, Math.round(ms / 1000));
}

function share(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (value > 0 && value <= 1) return value;
  throw new UserError('environment', `${name} is a number above 0, at most 1, not "${text}"`);
}

function mirrors(text: string | undefined): Record<string, string> {
  const entries = (text ?? '').split(',').filter((part) => part.trim() !== '');
  return Object.fromEntries(
    entries.map((entry) => {
      const [host, prefix, ...more] = entry.split('=').map((part) => part.trim());
      if (host && prefix && more.length === 0) return [host, prefix];
      throw new UserError('environment', `CULPRIT_REGISTRY_MIRRORS is HOST=PREFIX,…, not "${entry}"`, {
        hint: 'such as docker.io=mirror.example.com/hub',
      });
    }),
  );
}
