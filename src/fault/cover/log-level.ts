import { type Static, Type } from 'typebox';
import type { KubeObject } from '../../spec/kube-types.ts';
import type { ClusterView, Cover } from '../fault.ts';
import { operation, restart } from '../operations.ts';
import { changeSetting, findSetting, type SettingSource, settingsOf } from '../settings.ts';
import { resolveWorkload, target, targetText } from '../targets.ts';
import { nameOf, workloadsOf } from '../workloads.ts';

const Arguments = Type.Object(
  {
    target: targetText('The workload whose log level changes.'),
    level: Type.Optional(
      Type.String({
        description: 'A level its program knows; by default "debug", or "info" if that is set.',
      }),
    ),
    restart: Type.Optional(Type.Boolean({ description: 'Restart the pods too, so that they read it.' })),
  },
  { additionalProperties: false, examples: [{ target: 'storefront/Deployment/ads', level: 'debug' }] },
);
type Arguments = Static<typeof Arguments>;

/** Another log level. */
export const logLevel: Cover<Arguments> = {
  name: 'log-level',
  summary: 'Another log level',
  description: 'Somebody changes how much a service logs, as one does when looking into something.',
  schema: Arguments,
  requires: [],
  suggest(view) {
    const workload = workloadsOf(view).find((w) => levelSetting(view, w) !== undefined);
    return workload && { target: nameOf(workload) };
  },
  check(args, view) {
    const { object, problem } = resolveWorkload(view, args.target, '/target');
    if (object === undefined) return [problem];
    const source = levelSetting(view, object);
    if (source === undefined)
      return [{ path: '/target', message: `${nameOf(object)} has no setting for its log level` }];
    if (args.level === undefined || source.declaration.values?.includes(args.level)) return [];
    return [
      {
        path: '/level',
        message: `unknown level "${args.level}"`,
        hint: `known: ${source.declaration.values?.join(', ')}`,
      },
    ];
  },
  plan(args, view) {
    const workload = target(view, args.target);
    const source = levelSetting(view, workload);
    if (source === undefined) throw new Error('planned without a check');
    const level = args.level ?? (source.value === 'debug' ? 'info' : 'debug');
    const change = operation(
      'cover',
      changeSetting(source, level),
      `set the log level of ${nameOf(workload)} to ${level}`,
    );
    return {
      operations:
        args.restart === true && source.object !== workload
          ? [change, restart(workload, 20_000, 'cover')]
          : [change],
      expectations: [],
    };
  },
};

function levelSetting(view: ClusterView, workload: KubeObject): SettingSource | undefined {
  const setting = settingsOf(view, workload).find(
    (s) => s.name.includes('LOG_LEVEL') && s.values !== undefined,
  );
  return setting && findSetting(view, workload, setting.name);
}
