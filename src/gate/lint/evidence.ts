import { literally } from '../../base/literally.ts';
import { type EntityRef, nameOfObject, parseEntityName } from '../../entity/entity-name.ts';
import { workloadKinds } from '../../entity/kinds.ts';
import type { KubeObject } from '../../spec/kube-types.ts';
import { type CauseChange, causeChanges } from './cause-changes.ts';
import { contradictions } from './contradictions.ts';
import { leaves, pathText } from './field-leaves.ts';
import type { LintedBundle } from './linted-bundle.ts';
import { wholeWords } from './scan.ts';
import { settingInMetrics } from './setting-in-metrics.ts';
import { workloadsOfServices } from './workloads-of-services.ts';

/** What a piece of evidence says of a cause, from the strongest to the weakest. */
export type EvidenceKind =
  /** The object contradicts what else is recorded: a selector no pod has, a policy and timed out connections. */
  | 'contradiction'
  /** An older revision without the change. */
  | 'revision'
  /** Something names what was changed: a key, a value. */
  | 'setting'
  /** A condition or an Event or alert about the object itself. */
  | 'about'
  /** Something has its name; an object of the same name could be meant. */
  | 'named'
  /** A workload misbehaves: logs, pods, spans. What it is made of could do that to it. */
  | 'behaviour'
  /** The object shows the change; that it is a change nothing tells. */
  | 'state';

/** A line of `public/` that speaks of a cause. */
export interface Evidence {
  readonly kind: EvidenceKind;
  readonly file: string;
  readonly line: number;
  /** What it says, short. */
  readonly says: string;
}

export const evidenceKinds: readonly EvidenceKind[] = [
  'contradiction',
  'revision',
  'setting',
  'about',
  'named',
  'behaviour',
  'state',
];

/** Whom evidence is sought for. */
export interface Suspect {
  /** Canonical name. */
  readonly entity: string;
  readonly ref: EntityRef;
  readonly object: { readonly line: number; readonly value: KubeObject } | undefined;
  readonly change: CauseChange | undefined;
  /** Epoch ms from which evidence counts. */
  readonly sinceMs: number;
}

const known = new WeakMap<LintedBundle, Map<string, readonly Evidence[]>>();

/** The strongest kind first; of each kind the first line in each file. Nothing for a task without its private part. */
export function evidenceOf(bundle: LintedBundle, entity: string): readonly Evidence[] {
  // several rules ask for the same causes, and every answer is a walk through all files
  const own = known.get(bundle) ?? new Map<string, readonly Evidence[]>();
  known.set(bundle, own);
  const evidence = own.get(entity) ?? findEvidence(bundle, entity);
  own.set(entity, evidence);
  return evidence;
}

function findEvidence(bundle: LintedBundle, entity: string): readonly Evidence[] {
  const { truth } = bundle;
  const ref = parseEntityName(entity);
  if (truth === undefined || ref === undefined) return [];
  const suspect: Suspect = {
    entity,
    ref,
    object: bundle.objects.find(({ value }) => nameOfObject(value) === entity),
    change: causeChanges(truth).find((change) => bundle.universe.fold(change.entity) === entity),
    sinceMs: truth.incidentMs ?? Date.parse(bundle.manifest.window.start),
  };
  const found = new Map<string, Evidence>();
  for (const sources of [contradictions, settingInMetrics, inObjects, inEvents, inAlerts, inLogs])
    for (const evidence of sources(bundle, suspect)) {
      const id = `${evidence.kind} ${evidence.file}`;
      if (!found.has(id)) found.set(id, evidence);
    }
  return [...found.values()].sort((a, b) => evidenceKinds.indexOf(a.kind) - evidenceKinds.indexOf(b.kind));
}

const elementKeys = new Set(['name', 'port', 'protocol', 'containerPort']);
const objectsFile = 'public/objects.jsonl';

function* inObjects(bundle: LintedBundle, suspect: Suspect): Generator<Evidence> {
  const { object, change, entity } = suspect;
  const at = (line: number) => ({ file: objectsFile, line });
  if (object !== undefined && change !== undefined) {
    const shown = fieldTexts(object.value);
    const set = change.set.filter(({ value }) => value !== '$NOW');
    // names and ports of list elements only say which element is meant
    const telling = set.filter(
      (leaf) => shown.has(fieldText(leaf)) && !elementKeys.has(leaf.path.at(-1) ?? ''),
    );
    const path = telling.at(-1)?.path ?? change.removed[0];
    if (path !== undefined)
      yield { kind: 'state', ...at(object.line), says: `has ${pathText(path)} as changed` };
  }
  for (const condition of conditionsOf(object?.value))
    if (Date.parse(condition.lastTransitionTime ?? '') >= suspect.sinceMs && object !== undefined)
      yield { kind: 'about', ...at(object.line), says: `condition ${condition.type} is ${condition.status}` };
  for (const { line, value } of bundle.objects) {
    if (nameOfObject(value) === entity || bundle.universe.fold(nameOfObject(value)) !== entity) continue;
    if (value.kind === 'ReplicaSet' || value.kind === 'ControllerRevision') {
      const older = Date.parse(value.metadata.creationTimestamp ?? '') < suspect.sinceMs;
      const set = change?.set.filter(({ path }) => path[1] === 'template') ?? [];
      const has = fieldTexts(value);
      if (older && set.some((leaf) => !has.has(fieldText(leaf))))
        yield { kind: 'revision', ...at(line), says: 'is an older revision without the change' };
    }
    const trouble = value.kind === 'Pod' ? troubleOf(value) : undefined;
    if (trouble !== undefined) yield { kind: 'behaviour', ...at(line), says: trouble };
  }
}

function* inEvents(bundle: LintedBundle, suspect: Suspect): Generator<Evidence> {
  const tokens = tokensOf(bundle, suspect);
  for (const { line, value } of bundle.events) {
    const { lastTimestamp, eventTime } = value as {
      lastTimestamp?: string | null;
      eventTime?: string | null;
    };
    const last = Date.parse(lastTimestamp ?? eventTime ?? '');
    if (value.type !== 'Warning' || last < suspect.sinceMs) continue;
    const { kind, name, namespace } = value.involvedObject;
    const place = { file: 'public/events.jsonl', line };
    const about = `${kind === 'Node' ? 'cluster' : (namespace ?? 'cluster')}/${kind}/${name}`;
    const says = `${value.reason}: ${(value.message ?? '').slice(0, 100)}`;
    if (about === suspect.entity) yield { kind: 'about', ...place, says };
    else if (bundle.universe.fold(about) === suspect.entity) yield { kind: 'behaviour', ...place, says };
    const sameNamespace = suspect.ref.namespace === undefined || suspect.ref.namespace === namespace;
    yield* mentions(value.message ?? '', tokens, sameNamespace, place, says);
  }
}

const kindOfLabel: Readonly<Record<string, string>> = {
  deployment: 'Deployment',
  statefulset: 'StatefulSet',
  daemonset: 'DaemonSet',
  horizontalpodautoscaler: 'HorizontalPodAutoscaler',
  resourcequota: 'ResourceQuota',
  node: 'Node',
  persistentvolumeclaim: 'PersistentVolumeClaim',
  pod: 'Pod',
};

function* inAlerts(bundle: LintedBundle, { entity, ref, sinceMs }: Suspect): Generator<Evidence> {
  const entityOf = workloadsOfServices(bundle);
  for (const { line, value } of bundle.alerts) {
    if (value.state !== 'firing' || Date.parse(value.time) < sinceMs) continue;
    const place = { file: 'public/alerts.jsonl', line };
    const { namespace } = value.labels;
    for (const [label, text] of Object.entries(value.labels)) {
      const kind = kindOfLabel[label];
      const about = kind && `${kind === 'Node' ? 'cluster' : namespace}/${kind}/${text}`;
      const says = `alert ${value.name} with ${label} ${text}`;
      if (about === entity)
        yield { kind: workloadKinds.has(ref.kind) ? 'behaviour' : 'about', ...place, says };
      else if (about !== undefined && bundle.universe.fold(about) === entity)
        yield { kind: 'behaviour', ...place, says };
      else if (label === 'service' && entityOf(namespace ? `${namespace}/${text}` : text).includes(entity))
        yield { kind: workloadKinds.has(ref.kind) ? 'behaviour' : 'named', ...place, says };
    }
  }
}

// some runtimes write levels as numbers, 40 and more for what went wrong
const notable = /\b(?:error|warn(?:ing)?|fatal|panic|exception|severe|critical)\b|"level":\s*[456]0\b/i;

function* inLogs(bundle: LintedBundle, suspect: Suspect): Generator<Evidence> {
  const tokens = tokensOf(bundle, suspect);
  const since = new Date(suspect.sinceMs).toISOString();
  for (const { path, text } of bundle.files) {
    if (!path.startsWith('public/logs/')) continue;
    const [, , namespace, pod] = path.split('/');
    const isOwn = bundle.universe.fold(`${namespace}/Pod/${pod}`) === suspect.entity;
    if (!isOwn && !tokens.setting?.test(text) && !tokens.name?.test(text)) continue;
    const sameNamespace = suspect.ref.namespace === undefined || suspect.ref.namespace === namespace;
    for (const [index, line] of text.split('\n').entries()) {
      if (line.slice(0, since.length - 1) < since.slice(0, -1) || !notable.test(line)) continue;
      const place = { file: path, line: index + 1 };
      const says = line.slice(31, 150);
      if (isOwn) yield { kind: 'behaviour', ...place, says };
      yield* mentions(line.slice(31), tokens, sameNamespace, place, says);
    }
  }
}

interface Tokens {
  readonly name: RegExp | undefined;
  readonly setting: RegExp | undefined;
}

function* mentions(
  text: string,
  tokens: Tokens,
  sameNamespace: boolean,
  place: { readonly file: string; readonly line: number },
  says: string,
): Generator<Evidence> {
  if (tokens.setting?.test(text)) yield { kind: 'setting', ...place, says };
  if (sameNamespace && tokens.name?.test(text)) yield { kind: 'named', ...place, says };
}

const knownTokens = new WeakMap<Suspect, Tokens>();

/** Patterns of the suspect's name, and of keys and values set that nothing else of the cluster has. */
function tokensOf(bundle: LintedBundle, suspect: Suspect): Tokens {
  const tokens = knownTokens.get(suspect) ?? findTokens(bundle, suspect);
  knownTokens.set(suspect, tokens);
  return tokens;
}

function findTokens(bundle: LintedBundle, { entity, ref, change }: Suspect): Tokens {
  const wanted = new Set<string>();
  for (const { path, value } of change?.set ?? []) {
    if (path[0] === 'metadata') continue;
    const key = path.at(-1) ?? '';
    if (path[0] === 'data' && key.length >= 4) wanted.add(key);
    const text = String(value);
    if (text.length >= 4 && /[a-z]/i.test(text) && /[\d/-]/.test(text)) wanted.add(text);
  }
  if (wanted.size > 0)
    for (const { value } of bundle.objects) {
      if (wanted.size === 0) break;
      if (bundle.universe.fold(nameOfObject(value)) === entity) continue;
      for (const leaf of leaves(value)) {
        wanted.delete(String(leaf.value));
        if (leaf.path[0] === 'data') wanted.delete(leaf.path.at(-1) ?? '');
      }
    }
  const words = wholeWords([ref.name]);
  return {
    name: words && new RegExp(words.source),
    setting:
      wanted.size === 0
        ? undefined
        : new RegExp(`(?<![A-Za-z0-9])(?:${[...wanted].map(literally).join('|')})(?![A-Za-z0-9])`),
  };
}

interface Condition {
  readonly type?: string;
  readonly status?: string;
  readonly lastTransitionTime?: string;
}

function conditionsOf(object: KubeObject | undefined): readonly Condition[] {
  const { conditions } = (object?.['status'] ?? {}) as { readonly conditions?: readonly Condition[] };
  if (!Array.isArray(conditions)) return [];
  // the others follow from it
  return [...conditions].sort((a, b) => Number(b.type === 'Ready') - Number(a.type === 'Ready'));
}

/** Why a pod's containers do not run, if they do not. */
function troubleOf(pod: KubeObject): string | undefined {
  for (const { path, value } of leaves(pod['status'] ?? {}))
    if (
      path.at(-1) === 'reason' &&
      ['waiting', 'terminated'].includes(path.at(-2) ?? '') &&
      !['ContainerCreating', 'PodInitializing', 'Completed'].includes(String(value))
    )
      return `a container is ${path.at(-2)}: ${String(value)}`;
  return undefined;
}

function fieldText({ path, value }: { readonly path: readonly string[]; readonly value: unknown }): string {
  return `${path.join('/')} ${String(value)}`;
}

/** Fields of an object as texts; of revisions also as they would stand in the workload. */
function fieldTexts(object: KubeObject): ReadonlySet<string> {
  return new Set([...leaves(object)].map(fieldText));
}
