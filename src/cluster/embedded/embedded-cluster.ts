import { parseDuration } from '../../base/duration.ts';
import { OperationError } from '../../base/errors.ts';
import type { KubeClient } from '../../kube/client.ts';
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
import { type ApiServer, createApiServer } from './api/api-server.ts';
import { createInProcessClient } from './api/in-process-client.ts';
import { deployApplication } from './deploy.ts';
import { probeCapabilities } from './probe-capabilities.ts';
import { Prometheus } from './prometheus/prometheus.ts';
import type { Simulation } from './simulation.ts';
import type { World } from './world.ts';

/** The embedded cluster behind the interface that all providers share. */
export class EmbeddedCluster implements Cluster {
  readonly provider = 'embedded';
  readonly profile: ClusterProfile;
  readonly clock: ClusterClock;
  readonly kube: KubeClient;
  readonly telemetry: TelemetrySource;
  readonly nodes: NodeControl;
  readonly load: LoadControl;
  /** For front ends over HTTP. */
  readonly api: ApiServer;
  readonly world: World;
  #prometheus: Prometheus | undefined;

  constructor(world: World) {
    this.world = world;
    this.profile = world.profile;
    this.clock = virtualClock(world.simulation);
    this.api = createApiServer({
      store: world.store,
      kubernetesVersion: world.kubernetesVersion,
      logs: world.logs,
      usage: world.usage,
    });
    this.kube = createInProcessClient(this.api);
    this.telemetry = telemetryOf(world);
    this.nodes = {
      stopNode: async (name) => world.kubelet(name).stop(),
      startNode: async (name) => world.kubelet(name).start(),
    };
    this.load = {
      setLoadFactor: async (factor) => runtimeOf(world).setLoadFactor(factor),
      loadFactor: async () => runtimeOf(world).loadFactor(),
    };
  }

  /** Answers PromQL; OperationError before an application is deployed, as it brings the rules. */
  get prometheus(): PrometheusClient {
    return this.prometheusServer.client;
  }

  /** The embedded Prometheus itself, for its HTTP front end. */
  get prometheusServer(): Prometheus {
    if (this.#prometheus !== undefined) return this.#prometheus;
    throw new OperationError('not-deployed', 'there is no Prometheus yet: it comes with the application', {
      hint: 'deploy an application first',
    });
  }

  probe(): Promise<ReadonlyMap<Capability, { works: boolean; detail: string }>> {
    return Promise.resolve(probeCapabilities(this.profile, this.world.seed));
  }

  async deploy(application: Application, options: DeployOptions): Promise<void> {
    options.signal?.throwIfAborted();
    const { world } = this;
    if (this.#prometheus !== undefined)
      throw new OperationError('already-deployed', 'this cluster has an application already');
    const intervalMs = (text: string | undefined) => parseDuration(text ?? '15s') ?? 15_000;
    const prometheus = new Prometheus({
      simulation: world.simulation,
      seed: world.seed,
      scrapeIntervalMs: intervalMs(world.profile.embedded?.scrapeInterval),
      evaluationIntervalMs: intervalMs(world.profile.embedded?.evaluationInterval),
      rules: application.rules,
    });
    const runtime = world.createRuntime(options);
    runtime.addPrograms(application.programs);
    world.useRuntime(runtime);
    this.#prometheus = prometheus;
    deployApplication(world, application, () => {
      world.targets.attach(prometheus.targets);
      prometheus.start();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#prometheus?.pause();
  }
}

function runtimeOf(world: World) {
  if (world.applicationRuntime !== undefined) return world.applicationRuntime;
  throw new OperationError('not-deployed', 'there is no load yet: it comes with the application', {
    hint: 'deploy an application first',
  });
}

/** Virtual time: moves only inside `advance` and `until`, at once. */
function virtualClock(simulation: Simulation): ClusterClock {
  const advance = async (ms: number) => simulation.runUntil(simulation.nowMs + ms);
  return {
    nowMs: () => simulation.nowMs,
    advance,
    async until(condition, timeoutMs, everyMs = 1000) {
      const deadlineMs = simulation.nowMs + timeoutMs;
      while (!(await condition())) {
        const leftMs = deadlineMs - simulation.nowMs;
        if (leftMs <= 0) return false;
        await advance(Math.min(everyMs, leftMs));
      }
      return true;
    },
  };
}

function telemetryOf(world: World): TelemetrySource {
  return {
    async *spans(fromMs, toMs) {
      yield* world.applicationRuntime?.spans.between(fromMs, toMs) ?? [];
    },
    async *logs(fromMs, toMs) {
      yield* world.logs.between(fromMs, toMs);
    },
    async losses() {
      return world.logs.dropped === 0 ? {} : { 'log lines rotated away': world.logs.dropped };
    },
  };
}
