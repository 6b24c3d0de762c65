import { type Static, Type } from 'typebox';
import { settingProblem } from '../../spec/setting-value.ts';
import type { ArgumentProblem, Cover } from '../fault.ts';
import { operation, restart } from '../operations.ts';
import { changeSetting, harmlessValue, resolveSetting, settingsOf } from '../settings.ts';
import { resolveWorkload, target, targetText } from '../targets.ts';
import { nameOf, workloadsOf } from '../workloads.ts';

const Arguments = Type.Object(
  {
    target: targetText('The workload whose setting changes.'),
    setting: Type.String({ description: 'A setting its program declares.' }),
    value: Type.Optional(
      Type.String({ description: 'A value the program accepts; by default one a little above the present.' }),
    ),
    restart: Type.Optional(Type.Boolean({ description: 'Restart the pods too, so that they read it.' })),
  },
  {
    additionalProperties: false,
    examples: [{ target: 'storefront/Deployment/ads', setting: 'MAX_BANNERS', value: '4' }],
  },
);
type Arguments = Static<typeof Arguments>;

/** A setting gets another valid value. */
export const configValueChange: Cover<Arguments> = {
  name: 'config-value-change',
  summary: 'A setting gets another valid value',
  description:
    'Somebody changes a setting to a value that the program accepts. Pods read it when they start, so without a restart nothing happens at first.',
  schema: Arguments,
  requires: [],
  suggest(view) {
    for (const workload of workloadsOf(view))
      for (const setting of settingsOf(view, workload)) {
        const args = { target: nameOf(workload), setting: setting.name };
        // ports and sizes of pools are not harmless
        if (setting.type === 'duration' && configValueChange.check(args, view).length === 0) return args;
      }
    return undefined;
  },
  check(args, view) {
    const { object, problem } = resolveWorkload(view, args.target, '/target');
    if (object === undefined) return [problem];
    const { source, problem: unknown } = resolveSetting(view, object, args.setting, '/setting');
    if (source === undefined) return [unknown];
    const problems: ArgumentProblem[] = [];
    const value = args.value ?? harmlessValue(source.declaration, source.value);
    if (value === undefined)
      problems.push({
        path: '/setting',
        message: `no other value of ${args.setting} is known to be harmless`,
        hint: 'give a value',
      });
    else {
      const refused = settingProblem(source.declaration, value);
      if (refused !== undefined)
        problems.push({
          path: '/value',
          message: `${args.setting} "${value}" ${refused}: that would be a fault, not cover`,
        });
      if (value === source.value)
        problems.push({ path: '/value', message: `${args.setting} is "${value}" already` });
    }
    return problems;
  },
  plan(args, view) {
    const workload = target(view, args.target);
    const { source } = resolveSetting(view, workload, args.setting, '/setting');
    const value = args.value ?? (source && harmlessValue(source.declaration, source.value));
    if (source === undefined || value === undefined) throw new Error('planned without a check');
    const change = operation(
      'cover',
      changeSetting(source, value),
      `set ${args.setting} in ${nameOf(source.object)}`,
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
