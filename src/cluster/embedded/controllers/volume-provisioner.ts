import { key as fold, unit } from '../../../base/random.ts';
import { type ControlContext, controllerManager } from './control-context.ts';
import { type KubeObject, keyOf, resource, splitKey } from './kinds.ts';
import { WorkQueue } from './work-queue.ts';

const selectedNode = 'volume.kubernetes.io/selected-node';

interface Claim extends KubeObject {
  spec: {
    accessModes?: string[];
    storageClassName?: string;
    volumeName?: string;
    volumeMode?: string;
    resources?: { requests?: Record<string, string> };
  };
  status?: { phase?: string };
}

/** Makes a volume on the node that the scheduler chose for the first pod of a claim, as the local-path provisioner does. */
export function startVolumeProvisioner(context: ControlContext): void {
  const { store, simulation } = context;
  const queue = new WorkQueue(context, 'volumes', reconcile, [20, 120]);
  store.subscribe(
    resource.persistentVolumeClaims,
    ({ type, object }) => (type === 'DELETED' ? release(object as Claim) : queue.add(keyOf(object))),
    { replay: true },
  );

  function classOf(claim: Claim): KubeObject | undefined {
    const classes = store.list('storageclasses.storage.k8s.io');
    const { storageClassName } = claim.spec;
    return storageClassName === undefined
      ? classes.find(
          (one) => one.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true',
        )
      : classes.find((one) => one.metadata.name === storageClassName);
  }

  function reconcile(key: string): void {
    const claim = store.get(resource.persistentVolumeClaims, ...splitKey(key)) as Claim | undefined;
    if (
      claim === undefined ||
      claim.status?.phase === 'Bound' ||
      claim.metadata.deletionTimestamp !== undefined
    )
      return;
    const storageClass = classOf(claim);
    const about = { component: 'persistentvolume-controller' };
    if (storageClass === undefined) {
      const name = claim.spec.storageClassName;
      const message =
        name === undefined || name === ''
          ? 'no persistent volumes available for this claim and no storage class is set'
          : `storageclass.storage.k8s.io "${name}" not found`;
      context.events.record(
        claim,
        name ? 'Warning' : 'Normal',
        name ? 'ProvisioningFailed' : 'FailedBinding',
        message,
        about,
      );
      return queue.addAfter(key, 15_000);
    }
    const node = claim.metadata.annotations?.[selectedNode];
    if (node === undefined) {
      if (claim.status?.phase !== 'Pending')
        store.updateStatus({ ...claim, status: { phase: 'Pending' } }, controllerManager);
      context.events.record(
        claim,
        'Normal',
        'WaitForFirstConsumer',
        'waiting for first consumer to be created before binding',
        about,
      );
      return queue.addAfter(key, 15_000);
    }
    const provisioner = String(storageClass['provisioner'] ?? '');
    const source = { component: provisioner };
    context.events.record(
      claim,
      'Normal',
      'Provisioning',
      `External provisioner is provisioning volume for claim "${key}"`,
      source,
    );
    const tookMs = context.ageMs(claim) > 0 ? 50 : 1500 + 2500 * unit(fold(context.seed, 'provision', key));
    simulation.after(tookMs, () => bind(key, storageClass, node, source));
  }

  function bind(key: string, storageClass: KubeObject, node: string, source: { component: string }): void {
    const claim = store.get(resource.persistentVolumeClaims, ...splitKey(key)) as Claim | undefined;
    if (claim === undefined || claim.status?.phase === 'Bound') return;
    const name = `pvc-${claim.metadata.uid}`;
    const { namespace = '' } = claim.metadata;
    const storage = claim.spec.resources?.requests?.['storage'] ?? '1Gi';
    const accessModes = claim.spec.accessModes ?? ['ReadWriteOnce'];
    const age = context.ageMs(claim);
    const written =
      age === 0 ? controllerManager : { ...controllerManager, createdMs: simulation.nowMs - age };
    if (store.get(resource.persistentVolumes, undefined, name) === undefined) {
      const volume = store.create(
        {
          apiVersion: 'v1',
          kind: 'PersistentVolume',
          metadata: { name, annotations: { 'pv.kubernetes.io/provisioned-by': source.component } },
          spec: {
            accessModes,
            capacity: { storage },
            claimRef: {
              apiVersion: 'v1',
              kind: 'PersistentVolumeClaim',
              name: claim.metadata.name,
              namespace,
              uid: claim.metadata.uid,
            },
            hostPath: {
              path: `/var/local-path-provisioner/${name}_${namespace}_${claim.metadata.name}`,
              type: 'DirectoryOrCreate',
            },
            nodeAffinity: {
              required: {
                nodeSelectorTerms: [
                  { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] },
                ],
              },
            },
            persistentVolumeReclaimPolicy: 'Delete',
            storageClassName: storageClass.metadata.name,
            volumeMode: 'Filesystem',
          },
        },
        written,
      );
      store.updateStatus({ ...volume, status: { phase: 'Bound' } }, controllerManager);
    }
    const bound = store.update(
      {
        ...claim,
        metadata: {
          ...claim.metadata,
          annotations: {
            ...claim.metadata.annotations,
            'pv.kubernetes.io/bind-completed': 'yes',
            'pv.kubernetes.io/bound-by-controller': 'yes',
          },
        },
        spec: { ...claim.spec, volumeName: name },
      },
      controllerManager,
    );
    store.updateStatus(
      { ...bound, status: { phase: 'Bound', accessModes, capacity: { storage } } },
      controllerManager,
    );
    context.events.record(
      claim,
      'Normal',
      'ProvisioningSucceeded',
      `Successfully provisioned volume ${name}`,
      source,
    );
  }

  /** The volume goes with its claim. */
  function release(claim: Claim): void {
    const name = claim.spec.volumeName;
    if (name !== undefined && store.get(resource.persistentVolumes, undefined, name) !== undefined)
      store.remove({ apiVersion: 'v1', kind: 'PersistentVolume', name }, controllerManager);
  }
}

/** Tells the provisioner where the first pod of these claims will run. */
export function selectNode(context: ControlContext, claims: readonly KubeObject[], node: string): void {
  for (const claim of claims)
    if (claim.metadata.annotations?.[selectedNode] === undefined)
      context.store.update(
        {
          ...claim,
          metadata: {
            ...claim.metadata,
            annotations: { ...claim.metadata.annotations, [selectedNode]: node },
          },
        },
        { manager: 'kube-scheduler' },
      );
}
