import { key, Random } from '../../../../base/random.ts';
import { forbidden } from '../status-error.ts';
import type { Admission } from './admit.ts';

interface PodFields {
  serviceAccountName?: string;
  serviceAccount?: string;
  automountServiceAccountToken?: boolean;
  imagePullSecrets?: { name: string }[];
  priority?: number;
  priorityClassName?: string;
  preemptionPolicy?: string;
  tolerations?: { key?: string; operator?: string; effect?: string; tolerationSeconds?: number }[];
  volumes?: { name: string; [type: string]: unknown }[];
  containers: ContainerFields[];
  initContainers?: ContainerFields[];
}
interface ContainerFields {
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
}

const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Mutating admission of a new pod: ServiceAccount, Priority, DefaultTolerationSeconds. */
export function admitPod(admission: Admission): void {
  const spec = admission.draft['spec'] as PodFields | undefined;
  if (spec === undefined || !Array.isArray(spec.containers)) return;
  admitServiceAccount(admission, spec);
  admitPriority(admission, spec);
  const { defaultTolerationSeconds } = admission.store;
  tolerateForAWhile(spec, 'node.kubernetes.io/not-ready', defaultTolerationSeconds);
  tolerateForAWhile(spec, 'node.kubernetes.io/unreachable', defaultTolerationSeconds);
}

function admitServiceAccount({ store, definition, draft }: Admission, spec: PodFields): void {
  spec.serviceAccountName ||= spec.serviceAccount || 'default';
  spec.serviceAccount = spec.serviceAccountName;
  const { namespace = '', name } = draft.metadata;
  const account = store.get('serviceaccounts', namespace, spec.serviceAccountName);
  if (account === undefined)
    throw forbidden(
      definition,
      name,
      `error looking up service account ${namespace}/${spec.serviceAccountName}: serviceaccount "${spec.serviceAccountName}" not found`,
    );
  const pullSecrets = account['imagePullSecrets'] as { name: string }[] | undefined;
  if ((spec.imagePullSecrets ?? []).length === 0 && pullSecrets !== undefined)
    spec.imagePullSecrets = [...pullSecrets];
  const automount =
    spec.automountServiceAccountToken ??
    (account['automountServiceAccountToken'] as boolean | undefined) ??
    true;
  if (automount) mountToken(store.seed, namespace, name, spec);
}

function mountToken(seed: number, namespace: string, podName: string, spec: PodFields): void {
  const existing = spec.volumes?.find((v) => v.name.startsWith('kube-api-access-'));
  const name =
    existing?.name ?? `kube-api-access-${new Random(key(seed, 'token', namespace, podName)).suffix(5)}`;
  let isUsed = false;
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    if (container.volumeMounts?.some((m) => m.mountPath === tokenPath)) continue;
    container.volumeMounts = [
      ...(container.volumeMounts ?? []),
      { name, readOnly: true, mountPath: tokenPath },
    ];
    isUsed = true;
  }
  if (!isUsed || existing !== undefined) return;
  spec.volumes = [
    ...(spec.volumes ?? []),
    {
      name,
      projected: {
        sources: [
          { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          {
            downwardAPI: {
              items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
            },
          },
        ],
        defaultMode: 420,
      },
    },
  ];
}

function admitPriority({ store, definition, draft }: Admission, spec: PodFields): void {
  if (!spec.priorityClassName) {
    const fallback = store.list('priorityclasses.scheduling.k8s.io').find((c) => c['globalDefault'] === true);
    if (fallback !== undefined) spec.priorityClassName = fallback.metadata.name;
  }
  let priority = 0;
  let preemption = 'PreemptLowerPriority';
  if (spec.priorityClassName) {
    const found = store.get('priorityclasses.scheduling.k8s.io', undefined, spec.priorityClassName);
    if (found === undefined)
      throw forbidden(
        definition,
        draft.metadata.name,
        `no PriorityClass with name ${spec.priorityClassName} was found`,
      );
    priority = Number(found['value'] ?? 0);
    preemption = String(found['preemptionPolicy'] ?? preemption);
  }
  spec.priority = priority;
  spec.preemptionPolicy ??= preemption;
}

function tolerateForAWhile(spec: PodFields, taint: string, tolerationSeconds: number): void {
  const tolerations = spec.tolerations ?? [];
  const isCovered = tolerations.some(
    (t) =>
      (t.key === taint || (!t.key && t.operator === 'Exists')) && (!t.effect || t.effect === 'NoExecute'),
  );
  if (isCovered) return;
  spec.tolerations = [
    ...tolerations,
    { key: taint, operator: 'Exists', effect: 'NoExecute', tolerationSeconds },
  ];
}
