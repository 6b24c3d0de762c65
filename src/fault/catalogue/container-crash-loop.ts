import { type Static, Type } from 'typebox';
import { settingProblem } from '../../spec/setting-value.ts';
import { byImportance } from '../call-graph.ts';
import { alertAbout, container, event, log, must, mustNot, within } from '../expectations.ts';
import type { ArgumentProblem, ClusterView, Fault, PlannedExpectation } from '../fault.ts';
import { holdProblem, operation, replacePods, takeHold } from '../operations.ts';
import { changeSetting, invalidValue, resolveSetting, type SettingSource, settingsOf } from '../settings.ts';
import { resolveWorkload, target, targetText } from '../targets.ts';
import { nameOf, workloadsOf } from '../workloads.ts';

const kinds = ['Deployment', 'StatefulSet'] as const;

const Arguments = Type.Object(
  {
    target: targetText('The workload whose container exits.'),
    setting: Type.String({
      description:
        'A setting its program declares, wherever its value stands: ConfigMap, Secret or the workload itself.',
    }),
    value: Type.Optional(
      Type.String({
        description: 'A value the program refuses; by default a slip of the pen that suits its type.',
      }),
    ),
    remove: Type.Optional(Type.Boolean({ description: 'Remove the setting instead.' })),
  },
  {
    additionalProperties: false,
    examples: [{ target: 'storefront/Deployment/accounts', setting: 'SESSION_LIFETIME' }],
  },
);
type Arguments = Static<typeof Arguments>;

/** A change of configuration that the program refuses at start. */
export const containerCrashLoop: Fault<Arguments> = {
  name: 'container-crash-loop',
  summary: 'A change of configuration makes the container exit at start',
  description:
    'A value in a ConfigMap, a Secret or the environment of the workload is edited to something its program refuses, or a key it needs goes missing. Environment variables are read at start, ' +
    'so nothing happens until pods are replaced: the plan deletes them, and every new one logs what it refuses, exits and is restarted with growing delays (CrashLoopBackOff). ' +
    'A key that a container refers to by name and that is gone shows as CreateContainerConfigError instead, before any process starts.',
  category: 'configuration',
  tags: ['config', 'crash'],
  schema: Arguments,
  requires: [],
  suggest(view) {
    for (const place of ['ConfigMap', 'Secret', 'workload', 'default'])
      for (const workload of byImportance(view, workloadsOf(view)))
        for (const setting of settingsOf(view, workload)) {
          // a port is what everybody would look at first
          if (setting.name.endsWith('PORT')) continue;
          const args = { target: nameOf(workload), setting: setting.name };
          if (
            containerCrashLoop.check(args, view).length === 0 &&
            resolveSetting(view, workload, setting.name, '').source?.place === place
          )
            return args;
        }
    return undefined;
  },
  check(args, view) {
    const { object, problem } = resolveWorkload(view, args.target, '/target', kinds);
    if (object === undefined) return [problem];
    const setting = resolveSetting(view, object, args.setting, '/setting');
    if (setting.source === undefined) return [setting.problem];
    const problems: (ArgumentProblem | undefined)[] = [];
    if (changesTemplate(setting.source)) problems.push(holdProblem(object, '/target'));
    if (args.remove === true)
      problems.push(
        args.value === undefined
          ? removalProblem(setting.source)
          : { path: '/value', message: 'value and remove exclude each other' },
      );
    else if (args.value === undefined) {
      if (badValue(args, setting.source, view) === undefined)
        problems.push({
          path: '/setting',
          message: `the program accepts any text for ${args.setting}`,
          hint: 'choose a setting with a type, a range or a list of values',
        });
    } else if (settingProblem(setting.source.declaration, args.value) === undefined)
      problems.push({
        path: '/value',
        message: `the program accepts "${args.value}" for ${args.setting}, so nothing would break`,
      });
    return problems.filter((p) => p !== undefined);
  },
  plan(args, view) {
    const workload = target(view, args.target, kinds);
    const { source } = resolveSetting(view, workload, args.setting, '/setting');
    if (source === undefined) throw new Error('planned without a check');
    const value = args.remove === true ? undefined : badValue(args, source, view);
    const where = `${nameOf(source.object)}${source.place === 'ConfigMap' || source.place === 'Secret' ? ` key ${source.key}` : ''}`;
    const shown =
      source.place === 'Secret' || source.declaration.type === 'secret' ? 'another value' : `"${value}"`;
    const summary =
      value === undefined
        ? `remove ${args.setting} from ${where}`
        : `set ${args.setting} in ${where} to ${shown}`;
    const change = changeSetting(source, value);
    if (changesTemplate(source)) {
      const body = { spec: { ...takeHold(workload), ...(change.body as { spec: object }).spec } };
      return {
        operations: [operation('cause', { ...change, body }, summary)],
        expectations: expectations(view, source, workload, value, false),
      };
    }
    return {
      operations: [operation('cause', change, summary), replacePods(workload)],
      expectations: expectations(view, source, workload, value, !source.byEnvFrom),
    };
  },
};

function changesTemplate(source: SettingSource): boolean {
  return source.place === 'workload' || source.place === 'default';
}

function removalProblem(source: SettingSource): ArgumentProblem | undefined {
  if (source.place === 'default')
    return { path: '/remove', message: `${source.declaration.name} is not set anywhere` };
  const referred = source.place !== 'workload' && !source.byEnvFrom;
  if (referred || settingProblem(source.declaration, undefined) !== undefined) return undefined;
  return {
    path: '/remove',
    message: `the program has a default for ${source.declaration.name}, so nothing would break`,
  };
}

function badValue(args: Arguments, source: SettingSource, view: ClusterView): string | undefined {
  return args.value ?? invalidValue(source.declaration, source.value, view.random('value'));
}

function expectations(
  view: ClusterView,
  source: SettingSource,
  workload: Parameters<typeof container>[0],
  value: string | undefined,
  keyRequired: boolean,
): readonly PlannedExpectation[] {
  const replicas =
    workload.kind === 'Deployment' ? 'KubeDeploymentReplicasMismatch' : 'KubeStatefulSetReplicasMismatch';
  const mismatch = alertAbout(view, [replicas], workload);
  if (value === undefined && keyRequired)
    return [
      must(container(workload, 'CreateContainerConfigError'), within.event),
      must(event(workload, 'Pod', 'Failed'), within.event),
      ...mismatch,
    ];
  return [
    must(container(workload, 'CrashLoopBackOff'), within.event),
    must(event(workload, 'Pod', 'BackOff'), within.event),
    must(log(workload, source.declaration.name), within.log),
    mustNot(container(workload, 'ImagePullBackOff')),
    mustNot(container(workload, 'OOMKilled')),
    ...alertAbout(view, ['KubePodCrashLooping', replicas], workload),
  ];
}
