import { type Static, Type } from 'typebox';
import { byImportance } from '../call-graph.ts';
import { alertAbout, container, event, must, mustNot, within } from '../expectations.ts';
import type { ArgumentProblem, Fault } from '../fault.ts';
import { holdProblem, patch, takeHold } from '../operations.ts';
import { missingTag, rolloutBody, tagsOf } from '../rollouts.ts';
import { resolveWorkload, target, targetText } from '../targets.ts';
import { mainContainer, nameOf, splitImage, workloadsOf } from '../workloads.ts';

const kinds = ['Deployment', 'StatefulSet'] as const;

const Arguments = Type.Object(
  {
    target: targetText('The workload that is rolled out.'),
    tag: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$',
        description: 'Tag that does not exist; by default one that looks like the next release.',
      }),
    ),
  },
  { additionalProperties: false, examples: [{ target: 'storefront/Deployment/cart' }] },
);
type Arguments = Static<typeof Arguments>;

/** A rollout to a tag that no registry has. */
export const imageNotFound: Fault<Arguments> = {
  name: 'image-not-found',
  summary: 'A rollout to an image that cannot be pulled',
  description:
    'Somebody rolls out a release whose image was never pushed, or mistypes the tag. The kubelet cannot pull it: the pods stay in ErrImagePull and ImagePullBackOff, ' +
    'nothing is logged because no process ever starts. A rolling update would keep the old pods and hide it, so the same edit sets the Deployment to Recreate ' +
    'unless its strategy takes all old pods down anyway.',
  category: 'startup',
  tags: ['rollout', 'image'],
  schema: Arguments,
  requires: [],
  suggest(view) {
    const workload = byImportance(view, workloadsOf(view)).find(
      (w) => imageNotFound.check({ target: nameOf(w) }, view).length === 0,
    );
    return workload && { target: nameOf(workload) };
  },
  check(args, view) {
    const { object, problem } = resolveWorkload(view, args.target, '/target', kinds);
    if (object === undefined) return [problem];
    const problems: (ArgumentProblem | undefined)[] = [holdProblem(object, '/target')];
    const main = mainContainer(view, object);
    if (main === undefined)
      problems.push({ path: '/target', message: `${nameOf(object)} has no containers` });
    else if (args.tag !== undefined && tagsOf(view, main.image).includes(args.tag))
      problems.push({
        path: '/tag',
        message: `the tag "${args.tag}" exists`,
        hint: `known: ${tagsOf(view, main.image).join(', ')}`,
      });
    return problems.filter((p) => p !== undefined);
  },
  plan(args, view) {
    const workload = target(view, args.target, kinds);
    const main = mainContainer(view, workload);
    if (main === undefined) throw new Error('planned without a check');
    const { repository, tag } = splitImage(main.image);
    const wrong = args.tag ?? missingTag(tag, tagsOf(view, main.image), view.random('tag'));
    const hold = takeHold(workload);
    const body = rolloutBody(view, workload, wrong, hold);
    const how = 'strategy' in hold ? ', replacing all pods at once' : '';
    return {
      operations: [
        patch(
          'cause',
          workload,
          'strategic',
          body,
          `roll ${nameOf(workload)} out to ${repository}:${wrong}${how}`,
        ),
      ],
      expectations: [
        must(container(workload, 'ImagePullBackOff'), within.event),
        must(event(workload, 'Pod', 'Failed'), within.event),
        mustNot(container(workload, 'OOMKilled')),
        ...(workload.kind === 'Deployment'
          ? alertAbout(view, ['KubeDeploymentReplicasMismatch', 'KubeContainerWaiting'], workload)
          : alertAbout(view, ['KubeStatefulSetReplicasMismatch', 'KubeContainerWaiting'], workload)),
      ],
    };
  },
};
