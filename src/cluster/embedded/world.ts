import { rfc3339Seconds } from '../../base/clock.ts';
import { parseDuration } from '../../base/duration.ts';
import { UserError } from '../../base/errors.ts';
import type { ClusterProfile } from '../../spec/profile.ts';
import { type ApiStore, createStore } from './api/store.ts';
import type {
  ContainerRuntime,
  ContainerStart,
  EventRecorder,
  PodIdentity,
  ScrapeTarget,
  TargetRegistry,
} from './contracts.ts';
import type { ControlContext } from './controllers/control-context.ts';
import { startControllers } from './controllers/control-plane.ts';
import { controllerOf, type KubeObject, type Pod, resource } from './controllers/kinds.ts';
import { isPodReady } from './controllers/pods.ts';
import { ContainerLogs } from './kubelet/container-logs.ts';
import { addKubeletTargets } from './kubelet/container-metrics.ts';
import { dispatchPods, Kubelet, type NodeObserver } from './kubelet/kubelet.ts';
import { nodeAddresses, nodeObject } from './kubelet/node-object.ts';
import { stateMetricsTarget } from './kubelet/state-metrics-target.ts';
import { UsageSampler } from './kubelet/usage-sampler.ts';
import { EmbeddedNetwork } from './network/cluster-network.ts';
import { createContainerRuntime, type EmbeddedContainerRuntime } from './processes/container-runtime.ts';
import { startScheduler } from './scheduler/scheduler.ts';
import { Simulation } from './simulation.ts';
import { bootstrapObjects, controlPlanePods, systemObjects } from './system-objects.ts';
import { WorldAge } from './world-age.ts';

export interface WorldSettings {
  readonly profile: ClusterProfile;
  readonly seed: number;
  /** Epoch ms. */
  readonly startMs: number;
  /** Runs containers whose images it can pull, before the cluster's own; for tests. */
  readonly runtime?: (parts: { simulation: Simulation; network: EmbeddedNetwork }) => ContainerRuntime;
}

/** Collects scrape targets until there is a Prometheus to scrape them. */
class LateTargets implements TargetRegistry {
  readonly #waiting = new Map<ScrapeTarget, { remove(): void } | undefined>();
  #registry: TargetRegistry | undefined;

  add(target: ScrapeTarget): { remove(): void } {
    this.#waiting.set(target, this.#registry?.add(target));
    return {
      remove: () => {
        this.#waiting.get(target)?.remove();
        this.#waiting.delete(target);
      },
    };
  }

  attach(registry: TargetRegistry): void {
    this.#registry = registry;
    for (const target of this.#waiting.keys()) this.#waiting.set(target, registry.add(target));
  }
}

/** Asks one runtime after the other: the application's, then that of the cluster's own images. */
class LayeredRuntime implements ContainerRuntime {
  readonly layers: ContainerRuntime[] = [];

  pull(image: string): ReturnType<ContainerRuntime['pull']> {
    let answer: ReturnType<ContainerRuntime['pull']> = { ok: false, message: '' };
    for (const layer of this.layers) {
      answer = layer.pull(image);
      if (answer.ok) break;
    }
    return answer;
  }

  start(container: ContainerStart) {
    const layer = this.layers.find((one) => one.pull(container.image).ok);
    if (layer === undefined) throw new Error(`no runtime has the image ${container.image}`);
    return layer.start(container);
  }
}

/** A cluster in virtual time: store, control plane, nodes, network. What runs in it beyond kube-system comes by `deploy`. */
export class World implements NodeObserver {
  readonly profile: ClusterProfile;
  readonly seed: number;
  readonly kubernetesVersion: string;
  readonly simulation: Simulation;
  readonly store: ApiStore;
  readonly context: ControlContext;
  readonly age: WorldAge;
  readonly network: EmbeddedNetwork;
  readonly kubelets: ReadonlyMap<string, Kubelet>;
  readonly logs = new ContainerLogs();
  readonly usage: UsageSampler;
  readonly targets = new LateTargets();
  /** Runs the application's programs; undefined before there is one. */
  applicationRuntime: EmbeddedContainerRuntime | undefined;
  readonly #runtime = new LayeredRuntime();

  constructor(settings: WorldSettings) {
    const { profile, seed, startMs } = settings;
    const embedded = profile.embedded;
    if (embedded === undefined)
      throw new UserError('profile-invalid', `cluster profile "${profile.name}" has no section "embedded"`, {
        hint: 'list its nodes under embedded.nodes',
      });
    this.profile = profile;
    this.seed = seed;
    this.kubernetesVersion = embedded.kubernetesVersion;
    this.simulation = new Simulation(startMs);
    const evictionMs = parseDuration(profile.timing?.podEvictionAfter ?? '');
    const nodeGraceMs = parseDuration(profile.timing?.nodeGracePeriod ?? '');
    this.store = createStore({
      simulation: this.simulation,
      seed,
      ...(evictionMs === undefined ? {} : { defaultTolerationSeconds: Math.round(evictionMs / 1000) }),
    });
    this.age = new WorldAge(seed);
    const { age, simulation, store } = this;
    const events: EventRecorder = {
      record(...event) {
        if (!age.isBuilding) store.events.record(...event);
      },
    };
    this.context = {
      simulation,
      seed,
      store,
      events,
      ...(nodeGraceMs === undefined ? {} : { nodeGraceMs }),
      ageMs: (object) => age.ageMs(object),
    };
    for (const object of bootstrapObjects()) this.create(object, 'kube-apiserver');
    this.network = new EmbeddedNetwork(this.context);
    if (settings.runtime !== undefined)
      this.#runtime.layers.push(settings.runtime({ simulation, network: this.network }));
    this.#runtime.layers.push(this.createRuntime({ requestsPerSecond: 0, traceSampling: 0 }));
    this.kubelets = new Map(
      embedded.nodes.map(({ name }, index) => [
        name,
        new Kubelet(this.context, {
          node: name,
          index,
          runtime: this.#runtime,
          logs: this.logs,
          observer: this,
        }),
      ]),
    );
    this.#createNodes();
    this.usage = new UsageSampler(simulation, seed, this.kubelets.values());
    startControllers(this.context, this.usage);
    startScheduler(this.context);
    dispatchPods(this.context, this.kubelets);
    for (const kubelet of this.kubelets.values()) addKubeletTargets(this.targets, kubelet);
    this.targets.add(stateMetricsTarget(store));
    this.building(true);
    this.#createSystem();
    this.#settle();
    this.building(false);
  }

  /** A runtime for programs in this world. */
  createRuntime(options: { requestsPerSecond: number; traceSampling: number }): EmbeddedContainerRuntime {
    const { simulation, seed, network, targets } = this;
    return createContainerRuntime({ simulation, seed, network, targets, programs: new Map(), ...options });
  }

  /** From now on, images of the application can be pulled and run. */
  useRuntime(runtime: EmbeddedContainerRuntime): void {
    this.applicationRuntime = runtime;
    this.#runtime.layers.unshift(runtime);
  }

  /** Begins or ends building the past: ages instead of now, no Events, images at once. */
  building(isBuilding: boolean): void {
    this.age.isBuilding = isBuilding;
    for (const kubelet of this.kubelets.values()) kubelet.images.isQuick = isBuilding;
  }

  /** Creates an object with its age. */
  create(object: KubeObject, manager: string): KubeObject {
    const age = this.age.ageMs(object);
    return this.store.create(
      object,
      age === 0 ? { manager } : { manager, createdMs: this.simulation.nowMs - age },
    );
  }

  /** The kubelet of a node; UserError with the known names. */
  kubelet(node: string): Kubelet {
    const kubelet = this.kubelets.get(node);
    if (kubelet !== undefined) return kubelet;
    throw new UserError('unknown-node', `there is no node "${node}"`, {
      hint: `nodes: ${[...this.kubelets.keys()].join(', ')}`,
    });
  }

  /** Pods that should be ready and are not, as `namespace/name`. */
  unreadyPods(): string[] {
    return (this.store.list(resource.pods) as readonly Pod[])
      .filter((pod) => !isPodReady(pod))
      .map((pod) => `${pod.metadata.namespace}/${pod.metadata.name}`);
  }

  sandboxChanged(identity: PodIdentity, isUp: boolean): void {
    this.network.sandboxChanged(identity, isUp);
    if (!isUp) this.applicationRuntime?.forgetPod(identity.uid);
  }

  reachableChanged(node: string, isReachable: boolean): void {
    this.network.reachableChanged(node, isReachable);
  }

  #createNodes(): void {
    const { profile, seed, simulation } = this;
    (profile.embedded?.nodes ?? []).forEach((settings, index) => {
      const draft = { apiVersion: 'v1', kind: 'Node', metadata: { name: settings.name } };
      const created = rfc3339Seconds(simulation.nowMs - this.age.ageMs(draft));
      this.create(nodeObject(settings, index, seed, this.kubernetesVersion, created), 'kubelet');
    });
  }

  #createSystem(): void {
    const nodes = this.profile.embedded?.nodes ?? [];
    const index = Math.max(
      0,
      nodes.findIndex((node) => node.role === 'control-plane'),
    );
    for (const object of systemObjects(this.kubernetesVersion, nodeAddresses(index).ip))
      this.create(object, 'kubeadm');
    const controlPlane = nodes[index];
    if (controlPlane?.role !== 'control-plane') return;
    const node = this.store.get(resource.nodes, undefined, controlPlane.name);
    for (const pod of controlPlanePods(this.kubernetesVersion, controlPlane.name)) {
      const owner = {
        apiVersion: 'v1',
        kind: 'Node',
        name: controlPlane.name,
        uid: node?.metadata.uid ?? '',
        controller: true,
      };
      this.create({ ...pod, metadata: { ...pod.metadata, ownerReferences: [owner] } }, 'kubelet');
    }
  }

  /** Lets time pass until kube-system runs. */
  #settle(): void {
    const { simulation } = this;
    for (let i = 0; i < 60; i++) {
      simulation.runUntil(simulation.nowMs + 1000);
      const hasStarted = this.store
        .list(resource.pods, 'kube-system')
        .some((pod) => controllerOf(pod)?.kind === 'ReplicaSet');
      if (i > 11 && hasStarted && this.unreadyPods().length === 0) return;
    }
    throw new Error(`kube-system did not start: ${this.unreadyPods().join(', ')}`);
  }
}
