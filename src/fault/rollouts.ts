import type { KubeObject } from '../spec/kube-types.ts';
import type { ArgumentProblem, ClusterView, PlannedOperation } from './fault.ts';
import { patch } from './operations.ts';
import { mainContainer, nameOf, podLabelsOf, splitImage } from './workloads.ts';

const versionLabel = 'app.kubernetes.io/version';

/** Strategic patch that rolls a workload out to another tag of its image, with the version label where pods carry it. */
export function rolloutBody(
  view: ClusterView,
  workload: KubeObject,
  tag: string,
  spec: Readonly<Record<string, unknown>> = {},
): unknown {
  const main = mainContainer(view, workload);
  if (main === undefined) throw new Error(`${nameOf(workload)} has no containers`);
  const image = splitImage(main.image);
  const labelled =
    podLabelsOf(workload)[versionLabel] === image.tag
      ? { metadata: { labels: { [versionLabel]: tag } } }
      : {};
  const containers = [{ name: main.name, image: `${image.repository}:${tag}` }];
  return { spec: { ...spec, template: { ...labelled, spec: { containers } } } };
}

/** An ordinary rollout to another release, as cover and distractors do it. */
export function ordinaryRollout(view: ClusterView, workload: KubeObject, tag: string): PlannedOperation {
  const body = rolloutBody(view, workload, tag);
  return patch('cover', workload, 'strategic', body, `roll ${nameOf(workload)} out to ${tag}`);
}

/** Tags of the workload's image that can be pulled, and which of them it runs. */
function releasesOf(
  view: ClusterView,
  workload: KubeObject,
): { readonly current: string; readonly good: readonly string[]; readonly all: readonly string[] } {
  const { repository, tag } = splitImage(mainContainer(view, workload)?.image ?? '');
  const releases = view.application.programs.get(repository)?.releases ?? [];
  return {
    current: tag,
    good: releases.filter((r) => r.defect === undefined && r.tag !== tag).map((r) => r.tag),
    all: releases.map((r) => r.tag),
  };
}

/** The good release next to the current one: the following, else the one before; `undefined` if there is no other. */
export function neighbourRelease(view: ClusterView, workload: KubeObject): string | undefined {
  const { current, good, all } = releasesOf(view, workload);
  const place = all.indexOf(current);
  return good.find((tag) => all.indexOf(tag) > place) ?? good.at(-1);
}

/** What is wrong with a tag that is to be rolled out without harm. */
export function releaseProblem(
  view: ClusterView,
  workload: KubeObject,
  tag: string | undefined,
): ArgumentProblem | undefined {
  const { current, good } = releasesOf(view, workload);
  if (tag === undefined || good.includes(tag)) return undefined;
  const hint =
    good.length > 0
      ? `others without a defect: ${good.join(', ')}`
      : 'its image has no other release without a defect';
  return {
    path: '/tag',
    message:
      tag === current
        ? `${nameOf(workload)} runs ${tag} already`
        : `${nameOf(workload)} has no good release "${tag}"`,
    hint,
  };
}

/** Tags of an image that can be pulled, and the one it has. */
export function tagsOf(view: ClusterView, image: string): readonly string[] {
  const { repository, tag } = splitImage(image);
  return [
    ...new Set([
      ...(view.application.programs.get(repository)?.releases.map((release) => release.tag) ?? []),
      tag,
    ]),
  ];
}

/** A tag that looks like a coming release of the current one and does not exist. */
export function missingTag(current: string, existing: readonly string[], pick: number): string {
  const version = /^(v?)(\d+)\.(\d+)\.(\d+)/.exec(current);
  const next = version === null ? [`${current}-1`] : nextVersions(version);
  const free = next.filter((tag) => !existing.includes(tag));
  return free[Math.floor(pick * free.length)] ?? `${current}-rc.1`;
}

function nextVersions([, prefix, major, minor, fix]: RegExpExecArray): readonly string[] {
  const versions: string[] = [];
  for (let n = 1; n <= 3; n++)
    versions.push(
      `${prefix}${major}.${minor}.${Number(fix) + n}`,
      `${prefix}${major}.${Number(minor) + n}.0`,
    );
  return versions;
}
