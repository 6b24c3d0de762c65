import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster, ClusterProvider, ProvisionOptions } from '../cluster/cluster.ts';
import type { ClusterProfile } from '../spec/profile.ts';
import { loadProvider } from './providers.ts';
import type { Probed } from './require-capabilities.ts';
import type { SharedTwin } from './shared-twin.ts';

/** Whether worlds of a profile run by the wall clock, one after the other on one cluster. */
export function isLive(profile: Pick<ClusterProfile, 'provider'>): boolean {
  return profile.provider !== 'embedded';
}

/**
 * What the scenarios of one build share: the cluster of a live profile, kept from the first world to the last, and the
 * twins of equal worlds. Embedded worlds share nothing.
 */
export class BuildSession implements AsyncDisposable {
  readonly #clusters = new Map<string, Promise<Cluster>>();
  readonly #probed = new Map<string, Promise<Probed>>();
  readonly #twins = new Map<string, SharedTwin>();
  readonly #load: (name: string) => Promise<ClusterProvider>;
  #folder: Promise<string> | undefined;
  /** Told what takes long on a live cluster, by the scenario that is being built. */
  onStep: (text: string) => void = () => undefined;

  constructor(load: (name: string) => Promise<ClusterProvider> = loadProvider) {
    this.#load = load;
  }

  /** The provider of a profile. Of a live one every `provision` answers the same cluster, which the session disposes of. */
  async provider(profile: ClusterProfile): Promise<ClusterProvider> {
    const provider = await this.#load(profile.provider);
    if (!isLive(profile)) return provider;
    return {
      name: provider.name,
      ...(provider.prepare === undefined
        ? {}
        : { prepare: (application, wanted) => provider.prepare?.(application, wanted) ?? application }),
      provision: async (wanted, options) => leaseOf(await this.#cluster(provider, wanted, options)),
    };
  }

  async #cluster(
    provider: ClusterProvider,
    profile: ClusterProfile,
    options: ProvisionOptions,
  ): Promise<Cluster> {
    let cluster = this.#clusters.get(profile.name);
    if (cluster === undefined) {
      cluster = provider.provision(profile, { ...options, onStep: (text) => this.onStep(text) });
      this.#clusters.set(profile.name, cluster);
      // what failed once may be tried again by the next scenario
      cluster.catch(() => this.#clusters.delete(profile.name));
    }
    return cluster;
  }

  /** What a live profile's cluster can do; tried once. */
  async probed(profile: ClusterProfile, cluster: Cluster): Promise<Probed> {
    let probed = this.#probed.get(profile.name);
    if (probed === undefined) {
      probed = cluster.probe();
      this.#probed.set(profile.name, probed);
      probed.catch(() => this.#probed.delete(profile.name));
    }
    return probed;
  }

  /** A twin that another scenario of this build needed too, by `twinKey`. */
  twin(key: string): SharedTwin | undefined {
    return this.#twins.get(key);
  }

  keepTwin(key: string, twin: SharedTwin): void {
    this.#twins.set(key, twin);
  }

  /** A new folder that lives as long as the session. */
  async folder(name: string): Promise<string> {
    this.#folder ??= mkdtemp(join(tmpdir(), 'build-session-')).then((path) => {
      process.once('exit', () => rmSync(path, { recursive: true, force: true }));
      return path;
    });
    return mkdtemp(join(await this.#folder, `${name}-`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const clusters = await Promise.allSettled(this.#clusters.values());
    this.#clusters.clear();
    for (const cluster of clusters)
      if (cluster.status === 'fulfilled') await cluster.value[Symbol.asyncDispose]();
    if (this.#folder !== undefined) await rm(await this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }
}

/** The same cluster; whoever holds the lease may dispose of it and the cluster stays. */
function leaseOf(cluster: Cluster): Cluster {
  return {
    provider: cluster.provider,
    profile: cluster.profile,
    get clock() {
      return cluster.clock;
    },
    get kube() {
      return cluster.kube;
    },
    get prometheus() {
      return cluster.prometheus;
    },
    get telemetry() {
      return cluster.telemetry;
    },
    get nodes() {
      return cluster.nodes;
    },
    get load() {
      return cluster.load;
    },
    probe: () => cluster.probe(),
    deploy: (application, options) => cluster.deploy(application, options),
    [Symbol.asyncDispose]: async () => {},
  };
}
