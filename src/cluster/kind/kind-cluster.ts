import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperationError } from '../../base/errors.ts';
import { sha256 } from '../../base/hash.ts';
import { canonicalJson } from '../../base/json.ts';
import { adaptToServer } from '../../kube/adapt-to-server.ts';
import { type ApiConnection, connectApi } from '../../kube/api-connection.ts';
import type { KubeClient } from '../../kube/client.ts';
import { clientOver } from '../../kube/http-client.ts';
import type { Application } from '../../spec/application.ts';
import type { Capability } from '../../spec/capability.ts';
import type { ClusterProfile } from '../../spec/profile.ts';
import type {
  Cluster,
  ClusterClock,
  DeployOptions,
  LoadControl,
  NodeControl,
  PrometheusClient,
  TelemetrySource,
} from '../cluster.ts';
import { type ClusterState, writeClusterState } from '../cluster-state.ts';
import { LiveTelemetry } from '../live/live-telemetry.ts';
import { observabilityNamespace, observabilityServices } from '../live/observability-objects.ts';
import { probeLive } from '../live/probe-live.ts';
import { prometheusThroughProxy } from '../live/service-proxy.ts';
import { wallClock } from '../live/wall-clock.ts';
import { buildImages } from './build-images.ts';
import { deployApplication } from './deploy-application.ts';
import { explainLoss } from './explain-loss.ts';
import type { KindSettings } from './kind-settings.ts';
import { AppliedVersions } from './live-objects.ts';
import { KindLoadControl } from './load-control.ts';
import { loadImages } from './load-images.ts';
import { kindNodeControl, tryNodeControl } from './nodes.ts';
import { toolsImage, type WantedImage, wantedImages } from './wanted-images.ts';

export interface KindClusterOptions {
  readonly folder: string;
  readonly state: ClusterState;
  readonly profile: ClusterProfile;
  readonly settings: KindSettings;
  readonly onStep: (text: string) => void;
  readonly signal?: AbortSignal;
  /** Called at the end of the last use, after everything of ours was closed. */
  readonly onDispose?: () => Promise<void>;
}

/** Real Kubernetes in containers of this machine, behind the interface that all providers share. */
export class KindCluster implements Cluster {
  readonly provider = 'kind';
  readonly profile: ClusterProfile;
  readonly clock: ClusterClock;
  readonly kube: KubeClient;
  readonly prometheus: PrometheusClient;
  readonly nodes: NodeControl;
  readonly #options: KindClusterOptions;
  readonly #connection: ApiConnection;
  #state: ClusterState;
  #load: KindLoadControl | undefined;
  #telemetry: LiveTelemetry | undefined;
  readonly #applied = new AppliedVersions();
  /** Digest of the programs whose images are in the nodes. */
  #imagesOf: string | undefined;

  constructor(options: KindClusterOptions) {
    const { state, signal } = options;
    this.#options = options;
    this.#state = state;
    this.profile = options.profile;
    this.clock = wallClock(signal);
    this.#connection = connectApi({ kubeconfig: state.kubeconfig });
    this.kube = explainLoss(adaptToServer(clientOver(this.#connection, this.clock)));
    this.prometheus = prometheusThroughProxy(
      this.#connection,
      observabilityNamespace,
      observabilityServices.prometheus,
      signal,
    );
    this.nodes = kindNodeControl(state, this.kube);
    const { load } = state.kind ?? {};
    if (load !== undefined) this.#load = new KindLoadControl(this.#connection, this.kube, load);
  }

  get load(): LoadControl {
    return this.#load ?? notDeployed('load');
  }

  /** OperationError before an application is deployed: its namespaces say whose logs are followed. */
  get telemetry(): TelemetrySource {
    return this.#telemetry ?? notDeployed('telemetry');
  }

  async probe(): Promise<ReadonlyMap<Capability, { works: boolean; detail: string }>> {
    await this.#provide([toolsImage], this.#options.signal);
    return probeLive({
      kube: this.kube,
      clock: this.clock,
      prometheus: this.prometheus,
      image: { image: toolsImage.ref, has: 'node' },
      tryNodeControl: () => tryNodeControl(this.#state),
      load: () => this.load,
    });
  }

  async deploy(application: Application, options: DeployOptions): Promise<void> {
    const { settings, onStep } = this.#options;
    const signal = options.signal ?? this.#options.signal;
    const steps = { onStep, ...(signal ? { signal } : {}) };
    if (this.#state.application !== '' && this.#state.application !== application.name)
      throw new OperationError(
        'other-application',
        `the cluster ${this.#state.name} runs ${this.#state.application}, not ${application.name}`,
        { hint: '`culprit cluster down` first, or another profile' },
      );
    let replaced: ReadonlySet<string> = new Set();
    const programs = sha256(canonicalJson([...application.programs]));
    if (this.#imagesOf !== programs) {
      replaced = await this.#provide(wantedImages(application), signal);
      this.#imagesOf = programs;
    }
    await this.#remember(application);
    const load = new KindLoadControl(this.#connection, this.kube, application.file.load);
    this.#load = load;
    // logs of the world before are of no use to this one
    await this.#telemetry?.[Symbol.asyncDispose]();
    this.#telemetry = undefined;
    await deployApplication({
      kube: this.kube,
      prometheus: this.prometheus,
      load,
      application,
      settings,
      replaced,
      applied: this.#applied,
      requestsPerSecond: options.requestsPerSecond,
      traceSampling: options.traceSampling,
      ...steps,
    });
    const namespaces = new Set(application.file.namespaces);
    this.#telemetry = await LiveTelemetry.start({
      connection: this.#connection,
      kube: this.kube,
      recorder: { namespace: observabilityNamespace, service: observabilityServices.collector },
      spoolFolder: await mkdtemp(join(tmpdir(), 'telemetry-')),
      isWanted: (namespace) => namespaces.has(namespace) && namespace !== observabilityNamespace,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#telemetry?.[Symbol.asyncDispose]();
      await this.#connection[Symbol.asyncDispose]();
    } finally {
      await this.#options.onDispose?.();
    }
  }

  /** Makes images and puts them into the nodes; answers the names that stood for others before. */
  async #provide(
    images: readonly WantedImage[],
    signal: AbortSignal | undefined,
  ): Promise<ReadonlySet<string>> {
    const { folder, settings, onStep } = this.#options;
    const steps = { onStep, ...(signal ? { signal } : {}) };
    const ids = await buildImages({ images, settings, ...steps });
    const { state, replaced } = await loadImages({ folder, state: this.#state, images, ids, ...steps });
    this.#state = state;
    return replaced;
  }

  async #remember(application: Application): Promise<void> {
    const { kind } = this.#state;
    if (kind === undefined) return;
    const { namespace, workload } = application.file.load;
    this.#state = {
      ...this.#state,
      application: application.name,
      kind: { ...kind, load: { namespace, workload } },
    };
    await writeClusterState(this.#options.folder, this.#state);
  }
}

function notDeployed(what: string): never {
  throw new OperationError('not-deployed', `there is no ${what} yet: it comes with the application`, {
    hint: 'deploy an application first',
  });
}
