import { type Static, Type } from 'typebox';
import { durationPattern, parseDuration } from '../../base/duration.ts';
import type { KubeObject } from '../../spec/kube-types.ts';
import { settingProblem } from '../../spec/setting-value.ts';
import { byImportance } from '../call-graph.ts';
import { alert, container, errorTexts, log, must, mustNot, within } from '../expectations.ts';
import { poolUsePerPod } from '../expected-load.ts';
import type { ArgumentProblem, ClusterView, Fault } from '../fault.ts';
import { operation, patch, restart } from '../operations.ts';
import { rolloutBody } from '../rollouts.ts';
import { changeSettings, findSetting, numberIn, type SettingSource, upstreamsOf } from '../settings.ts';
import { resolveWorkload, target, targetText } from '../targets.ts';
import { mainContainer, nameOf, programOf, splitImage, workloadsOf } from '../workloads.ts';

const kinds = ['Deployment', 'StatefulSet'] as const;
/** Name by which an application marks releases that do not give connections back. */
const leakDefect = 'leaks-connections';
/** Share of a pool in use on average from which on requests queue noticeably. */
const enoughUse = 0.6;
/** Until all connections of a pool are lost, and requests have waited for them. */
const leakMs = 600_000;

const Arguments = Type.Object(
  {
    target: targetText('The workload whose pool runs dry.'),
    variant: Type.Optional(
      Type.Union([Type.Literal('limit'), Type.Literal('leak')], {
        description:
          '"limit": the pool shrinks (default). "leak": a release that does not give connections back.',
      }),
    ),
    upstream: Type.Optional(
      Type.String({ description: 'Which of its pooled upstreams; needed where there are several.' }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, description: 'The new size; default 1.' })),
    timeout: Type.Optional(
      Type.String({
        pattern: durationPattern,
        description: 'The new longest wait for a connection, changed in the same edit; default: as it was.',
      }),
    ),
    load: Type.Optional(
      Type.Number({
        minimum: 1,
        maximum: 10,
        description:
          'Multiplies the load as well, for a pool that has room at ordinary load; a trigger, so the twin has it too.',
      }),
    ),
  },
  {
    additionalProperties: false,
    examples: [
      { target: 'fulfilment/Deployment/orders', limit: 1 },
      { target: 'fulfilment/Deployment/orders', limit: 1, timeout: '250ms' },
    ],
  },
);
type Arguments = Static<typeof Arguments>;

/** A pool of connections that is too small, or that leaks. */
export const connectionPoolExhausted: Fault<Arguments> = {
  name: 'connection-pool-exhausted',
  summary: 'A connection pool shrinks, or a release leaks its connections',
  description:
    'The limit of a pool of database connections is set far below what the load needs (and with it, if asked, how long a request may wait for one), or a release forgets to give connections back. Requests queue for a connection and fail when they have waited too long; ' +
    'the database itself is idle and healthy. A pool is made at start, so the plan restarts the pods after a change of configuration; the new pods become ready, and the rollout goes through. A leak takes time to show.',
  category: 'dependency',
  tags: ['database', 'pool', 'config'],
  schema: Arguments,
  requires: [],
  suggest(view) {
    // a leak shows under any load; a small pool only where requests come often enough
    for (const variant of ['leak', 'limit'] as const)
      for (const workload of byImportance(view, workloadsOf(view))) {
        const args =
          variant === 'limit'
            ? { target: nameOf(workload), limit: 1 }
            : { target: nameOf(workload), variant };
        if (connectionPoolExhausted.check(args, view).length === 0) return args;
      }
    return undefined;
  },
  check(args, view) {
    const { object, problem } = resolveWorkload(view, args.target, '/target', kinds);
    if (object === undefined) return [problem];
    const pooled = pooledUpstreams(view, object);
    const problems: ArgumentProblem[] = [];
    if (pooled.length === 0)
      return [{ path: '/target', message: `${nameOf(object)} has no connection pool`, ...poolHint(view) }];
    if (args.upstream !== undefined && !pooled.some((u) => u.name === args.upstream))
      return [
        {
          path: '/upstream',
          message: `${nameOf(object)} has no pool for "${args.upstream}"`,
          hint: `it has one for ${pooled.map((u) => u.name).join(', ')}`,
        },
      ];
    if (args.upstream === undefined && pooled.length > 1)
      return [
        {
          path: '/target',
          message: `${nameOf(object)} has several pools`,
          hint: `give upstream: ${pooled.map((u) => u.name).join(' or ')}`,
        },
      ];
    if (args.variant === 'leak') {
      for (const name of ['limit', 'timeout'] as const)
        if (args[name] !== undefined)
          problems.push({ path: `/${name}`, message: `a ${name} goes with variant "limit"` });
      if (leakingRelease(view, object) === undefined)
        problems.push({
          path: '/variant',
          message: `${nameOf(object)} has no release with the defect "${leakDefect}"`,
        });
      return problems;
    }
    const source = poolSetting('max', args, view, object);
    if (source === undefined)
      return [
        {
          path: '/target',
          message: `the pool size of ${nameOf(object)} is no setting an operator could change`,
          hint: 'use variant "leak"',
        },
      ];
    const now = numberIn(view, object, `$${source.declaration.name}`);
    const limit = args.limit ?? 1;
    if (now !== undefined && limit >= now)
      problems.push({ path: '/limit', message: `the pool has ${now} connections; ${limit} is not fewer` });
    const refused = settingProblem(source.declaration, String(limit));
    if (refused !== undefined)
      problems.push({
        path: '/limit',
        message: `${source.declaration.name} ${limit} ${refused}: the program would not start`,
        hint: 'use container-crash-loop for that',
      });
    problems.push(...timeoutProblems(args, view, object, source));
    const expected = poolUsePerPod(view, object, pooledUpstream(args, view, object)?.name ?? '');
    const used = expected === undefined ? undefined : expected * (args.load ?? 1);
    if (used !== undefined && used < enoughUse * limit)
      problems.push({
        path: args.limit === undefined ? '/target' : '/limit',
        message: `a pod of ${nameOf(object)} uses about ${used.toPrecision(2)} connections at a time, so ${limit} would be enough`,
        hint:
          leakingRelease(view, object) === undefined
            ? 'choose a target under more load, or raise load'
            : 'use variant "leak", or raise load',
      });
    return problems;
  },
  plan(args, view) {
    const workload = target(view, args.target, kinds);
    const isLeak = args.variant === 'leak';
    const changes = isLeak ? leak(view, workload) : shrink(args, view, workload);
    const operations =
      args.load === undefined
        ? changes
        : [
            ...changes,
            operation(
              'trigger',
              { verb: 'set-load', factor: args.load },
              `the load rises to ${args.load} times`,
              30_000,
            ),
          ];
    return {
      operations,
      expectations: [
        must(log(workload, errorTexts.pool), isLeak ? leakMs : within.log),
        mustNot(container(workload, 'CrashLoopBackOff')),
        mustNot(container(workload, 'ImagePullBackOff')),
        ...(isLeak
          ? alert(view, ['ConnectionPoolSaturated', 'ConnectionPoolTimeouts'], {}, leakMs)
          : alert(view, ['ConnectionPoolTimeouts', 'ConnectionPoolSaturated'])),
      ],
    };
  },
};

type Lowered = readonly [source: SettingSource, value: string];

function shrink(args: Arguments, view: ClusterView, workload: KubeObject) {
  const source = poolSetting('max', args, view, workload);
  if (source === undefined) throw new Error('planned without a check');
  const wait = poolSetting('acquireTimeoutMs', args, view, workload);
  const changes: [Lowered, ...Lowered[]] = [[source, String(args.limit ?? 1)]];
  if (wait !== undefined && args.timeout !== undefined) changes.push([wait, args.timeout]);
  const told = changes.map(([{ declaration, value: now }, value]) => {
    const from = now === undefined ? '' : ` from ${now}`;
    return `${declaration.name}${from} to ${value}`;
  });
  const summary = `lower ${told.join(' and ')} in ${nameOf(source.object)}`;
  const change = operation('cause', changeSettings(changes), summary);
  return source.object === workload ? [change] : [change, restart(workload)];
}

function leak(view: ClusterView, workload: KubeObject) {
  const main = mainContainer(view, workload);
  const tag = leakingRelease(view, workload);
  if (main === undefined || tag === undefined) throw new Error('planned without a check');
  const image = `${splitImage(main.image).repository}:${tag}`;
  const body = rolloutBody(view, workload, tag);
  return [patch('cause', workload, 'strategic', body, `roll ${nameOf(workload)} out to ${image}`)];
}

function pooledUpstreams(view: ClusterView, workload: KubeObject) {
  return upstreamsOf(programOf(view, workload)).filter((upstream) => upstream.pool !== undefined);
}

function pooledUpstream(args: Arguments, view: ClusterView, workload: KubeObject) {
  const pooled = pooledUpstreams(view, workload);
  return pooled.find((u) => u.name === args.upstream) ?? pooled[0];
}

function poolSetting(
  what: 'max' | 'acquireTimeoutMs',
  args: Arguments,
  view: ClusterView,
  workload: KubeObject,
): SettingSource | undefined {
  const value = pooledUpstream(args, view, workload)?.pool?.[what];
  return typeof value === 'string' && value.startsWith('$')
    ? findSetting(view, workload, value.slice(1))
    : undefined;
}

function timeoutProblems(
  args: Arguments,
  view: ClusterView,
  workload: KubeObject,
  size: SettingSource,
): ArgumentProblem[] {
  const { timeout } = args;
  if (timeout === undefined) return [];
  const path = '/timeout';
  const source = poolSetting('acquireTimeoutMs', args, view, workload);
  if (source === undefined || source.place !== size.place || nameOf(source.object) !== nameOf(size.object))
    return [
      {
        path,
        message: `how long ${nameOf(workload)} waits for a connection is no setting beside the size of its pool`,
      },
    ];
  const refused = settingProblem(source.declaration, timeout);
  if (refused !== undefined) return [{ path, message: `${source.declaration.name} ${timeout} ${refused}` }];
  const now = parseDuration(source.value ?? '');
  if (now !== undefined && (parseDuration(timeout) ?? 0) >= now)
    return [{ path, message: `it waits ${source.value} now; ${timeout} is not less` }];
  return [];
}

function leakingRelease(view: ClusterView, workload: KubeObject): string | undefined {
  const main = mainContainer(view, workload);
  if (main === undefined) return undefined;
  const { repository, tag } = splitImage(main.image);
  return view.application.programs
    .get(repository)
    ?.releases.find((r) => r.defect === leakDefect && r.tag !== tag)?.tag;
}

function poolHint(view: ClusterView): { hint?: string } {
  const others = workloadsOf(view)
    .filter((w) => pooledUpstreams(view, w).length > 0)
    .map(nameOf);
  return others.length === 0 ? {} : { hint: `these have one: ${others.join(', ')}` };
}
