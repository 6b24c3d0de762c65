import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperationError, PrerequisiteError } from '../../base/errors.ts';
import { adaptToServer } from '../../kube/adapt-to-server.ts';
import type { ApiConnection } from '../../kube/api-connection.ts';
import type { KubeClient } from '../../kube/client.ts';
import { clientOver } from '../../kube/http-client.ts';
import type { Application } from '../../spec/application.ts';
import type { Capability } from '../../spec/capability.ts';
import type { ClusterProfile, KubeconfigProfile } from '../../spec/profile.ts';
import type {
  Cluster,
  ClusterClock,
  DeployOptions,
  LoadControl,
  NodeControl,
  PrometheusClient,
  TelemetrySource,
} from '../cluster.ts';
import { LiveTelemetry } from '../live/live-telemetry.ts';
import { probeLive } from '../live/probe-live.ts';
import { wallClock } from '../live/wall-clock.ts';
import { prometheusAt, recorderAt } from './addresses.ts';
import { requireAlerts, requireNamespaces, waitUntilHealthy } from './check-deployed.ts';
import { loadControlOf, nodeControlOf, noNodeControl } from './controls.ts';
import { guardClient } from './guard-client.ts';
import { withReadableResources } from './readable-resources.ts';

export interface KubeconfigClusterOptions {
  readonly profile: ClusterProfile;
  readonly settings: KubeconfigProfile;
  readonly connection: ApiConnection;
  readonly signal?: AbortSignal;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** How long an application that is there may take to be healthy again. */
const healthyTimeoutMs = 600_000;

/** A cluster that is somebody else's: looked at, and changed only in the namespaces that its profile names. */
export class KubeconfigCluster implements Cluster {
  readonly provider = 'kubeconfig';
  readonly profile: ClusterProfile;
  readonly clock: ClusterClock;
  readonly kube: KubeClient;
  readonly prometheus: PrometheusClient;
  readonly nodes: NodeControl;
  readonly load: LoadControl;
  readonly #options: KubeconfigClusterOptions;
  #telemetry: LiveTelemetry | undefined;

  private constructor(options: KubeconfigClusterOptions) {
    const { profile, settings, connection, signal, env = process.env } = options;
    this.#options = options;
    this.profile = profile;
    this.clock = wallClock(signal);
    this.kube = withReadableResources(
      guardClient(adaptToServer(clientOver(connection, this.clock)), {
        namespaces: settings.namespaces,
        source: `namespaces of the cluster profile "${profile.name}"`,
      }),
    );
    this.prometheus = prometheusAt(settings.prometheus, connection, env, signal);
    this.nodes = nodeControlOf(settings.nodes, this.kube);
    this.load = loadControlOf(settings.load, connection);
  }

  /** Attaches; PrerequisiteError if the API server does not answer, or not to us. */
  static async attach(options: KubeconfigClusterOptions): Promise<KubeconfigCluster> {
    const cluster = new KubeconfigCluster(options);
    await cluster.kube.version().catch((cause: unknown) => {
      throw new PrerequisiteError(
        'cluster-unreachable',
        `the cluster at ${options.connection.server} does not answer: ${cause instanceof Error ? cause.message : cause}`,
        { cause, hint: 'try `kubectl version` with the same kubeconfig and context' },
      );
    });
    return cluster;
  }

  get telemetry(): TelemetrySource {
    if (this.#telemetry !== undefined) return this.#telemetry;
    throw new OperationError('not-deployed', 'there is no telemetry yet: it comes with the application', {
      hint: 'deploy an application first',
    });
  }

  probe(): Promise<ReadonlyMap<Capability, { works: boolean; detail: string }>> {
    const { probe, nodes } = this.#options.settings;
    return probeLive({
      kube: this.kube,
      clock: this.clock,
      prometheus: this.prometheus,
      image: probe && { image: probe.image, has: probe.has },
      ...(probe === undefined ? {} : { namespace: probe.namespace }),
      async tryNodeControl() {
        if (nodes === undefined) throw noNodeControl();
        return `there is a command for it (not tried): ${nodes.stop.join(' ')}`;
      },
      load: () => this.load,
    });
  }

  /**
   * Nothing is created: looks that the application is there and healthy, that Prometheus has its alerts, and begins to
   * follow its logs. The load is what it is there; only its factor is put back to 1.
   */
  async deploy(application: Application, options: DeployOptions): Promise<void> {
    const { settings, connection, env = process.env } = this.#options;
    options.signal?.throwIfAborted();
    requireNamespaces(application, settings.namespaces);
    await waitUntilHealthy(this.kube, this.clock, application, healthyTimeoutMs);
    await requireAlerts(this.prometheus, application);
    await this.load.setLoadFactor(1);
    await this.#telemetry?.[Symbol.asyncDispose]();
    this.#telemetry = undefined;
    this.#telemetry = await LiveTelemetry.start({
      connection,
      kube: this.kube,
      spoolFolder: await mkdtemp(join(tmpdir(), 'telemetry-')),
      isWanted: (namespace) => settings.namespaces.includes(namespace),
      ...(settings.recorder === undefined
        ? {}
        : { recorder: recorderAt(settings.recorder, connection, env) }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#telemetry?.[Symbol.asyncDispose]();
    await this.#options.connection[Symbol.asyncDispose]();
  }
}
