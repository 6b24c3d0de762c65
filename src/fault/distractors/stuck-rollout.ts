import { type Static, Type } from 'typebox';
import type { KubeObject } from '../../spec/kube-types.ts';
import { byImportance } from '../call-graph.ts';
import { alert, container, must, within } from '../expectations.ts';
import type { ClusterView, Distractor } from '../fault.ts';
import { patch } from '../operations.ts';
import { missingTag, rolloutBody, tagsOf } from '../rollouts.ts';
import { findSetting, invalidValue, resolveSetting, settingsOf } from '../settings.ts';
import { resolveWorkload, target, targetText } from '../targets.ts';
import { keepsOldPods, mainContainer, nameOf, programOf, splitImage, workloadsOf } from '../workloads.ts';

const kinds = ['Deployment'] as const;

const Arguments = Type.Object(
  {
    target: targetText('The Deployment whose new pod never becomes ready, while the old ones serve on.'),
    setting: Type.Optional(
      Type.String({
        description:
          'A setting that the new template sets to something the program refuses, so that the new pod crash-loops; by default the new image cannot be pulled.',
      }),
    ),
    surge: Type.Optional(
      Type.Integer({
        minimum: 1,
        description:
          'How many new pods come at once (maxSurge, which the same edit sets); by default as the Deployment has it.',
      }),
    ),
  },
  { additionalProperties: false, examples: [{ target: 'storefront/Deployment/currency' }] },
);
type Arguments = Static<typeof Arguments>;

/** A rollout that hangs and harms nobody. */
export const stuckRollout: Distractor<Arguments> = {
  name: 'stuck-rollout',
  summary: 'A rollout whose first new pod never starts, while the old pods serve on',
  description:
    'Somebody rolls out an image that was never pushed, or a template with a value the program refuses. The rolling update waits for its first new pod with all old ones in place: warnings, alerts about a pod that is not ready and a rollout that does not progress, ' +
    'restarts if it crashes, and nothing that a user could notice. Loud, recent, unhealthy, and not at fault. A Deployment that may lose a pod during an update is refused.',
  schema: Arguments,
  requires: [],
  suggest(view) {
    const workload = byImportance(view, workloadsOf(view)).findLast(
      (w) =>
        programOf(view, w)?.kind === 'service' &&
        w.kind === 'Deployment' &&
        stuckRollout.check({ target: nameOf(w) }, view).length === 0,
    );
    return workload && { target: nameOf(workload) };
  },
  check(args, view) {
    const { object, problem } = resolveWorkload(view, args.target, '/target', kinds);
    if (object === undefined) return [problem];
    if (!keepsOldPods(object))
      return [
        {
          path: '/target',
          message: `${nameOf(object)} gives up old pods before new ones are ready, so users would notice`,
          hint: 'choose one with maxUnavailable 0',
        },
      ];
    if (mainContainer(view, object) === undefined)
      return [{ path: '/target', message: `${nameOf(object)} has no containers` }];
    if (args.setting === undefined) return [];
    const setting = resolveSetting(view, object, args.setting, '/setting');
    if (setting.source === undefined) return [setting.problem];
    if (environment(args.setting, view, object) === undefined)
      return [
        {
          path: '/setting',
          message: `no value for ${args.setting} in the template is known that the program refuses`,
          hint: `try ${settingsOf(view, object)
            .map(({ name }) => name)
            .filter((name) => environment(name, view, object) !== undefined)
            .join(', ')}`,
        },
      ];
    return [];
  },
  plan(args, view) {
    const workload = target(view, args.target, kinds);
    const namespace = workload.metadata.namespace ?? '';
    const alerts = alert(view, ['KubePodNotReady', 'KubeDeploymentRolloutStuck'], { namespace });
    const main = mainContainer(view, workload);
    if (main === undefined) throw new Error('planned without a check');
    const surge = args.surge === undefined ? {} : { strategy: { rollingUpdate: { maxSurge: args.surge } } };
    if (args.setting !== undefined) {
      const env = environment(args.setting, view, workload);
      if (env === undefined) throw new Error('planned without a check');
      const template = { spec: { containers: [{ name: main.name, env: [env] }] } };
      const body = { spec: { ...surge, template } };
      const summary = `set ${env.name} to "${env.value}" in the template of ${nameOf(workload)}`;
      return {
        operations: [patch('cover', workload, 'strategic', body, summary)],
        expectations: [must(container(workload, 'CrashLoopBackOff'), within.event), ...alerts],
      };
    }
    const { repository, tag } = splitImage(main.image);
    const wrong = missingTag(tag, tagsOf(view, main.image), view.random('tag'));
    return {
      operations: [
        patch(
          'cover',
          workload,
          'strategic',
          rolloutBody(view, workload, wrong, surge),
          `roll ${nameOf(workload)} out to ${repository}:${wrong}, which is not there`,
        ),
      ],
      expectations: [must(container(workload, 'ImagePullBackOff'), within.event), ...alerts],
    };
  },
};

/** An entry of the container's environment that its program refuses; a value by reference cannot be replaced by a text. */
function environment(
  name: string,
  view: ClusterView,
  workload: KubeObject,
): { readonly name: string; readonly value: string } | undefined {
  const source = findSetting(view, workload, name);
  if (source === undefined) return undefined;
  const isReference = (source.place === 'ConfigMap' || source.place === 'Secret') && !source.byEnvFrom;
  const value = isReference
    ? undefined
    : invalidValue(source.declaration, source.value, view.random('value'));
  return value === undefined ? undefined : { name, value };
}
