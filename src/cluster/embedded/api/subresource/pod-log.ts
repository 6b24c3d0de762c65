import { rfc3339Nanos } from '../../../../base/clock.ts';
import type { KubeObject } from '../../../../kube/objects.ts';
import type { ApiAnswer } from '../api-request.ts';
import { child, items, text } from '../fields.ts';
import type { LogReader, LogRecord } from '../readers.ts';
import { badRequest } from '../status-error.ts';

const pulling = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName']);

/** `GET pods/NAME/log`: text of one container, with the server's complaints where there is none. */
export function podLog(
  reader: LogReader,
  pod: KubeObject,
  query: Readonly<Record<string, string>>,
  nowMs: () => number,
): ApiAnswer {
  const spec = child(pod, 'spec');
  const names = items(spec, 'containers').map((c) => text(c, 'name'));
  const all = [...names, ...items(spec, 'initContainers').map((c) => text(c, 'name'))];
  const container = query['container'] || (names.length === 1 && all.length === 1 ? names[0]! : '');
  const { name, namespace = '', uid = '' } = pod.metadata;
  if (container === '') {
    const init = all.slice(names.length);
    throw badRequest(
      `a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]${init.length === 0 ? '' : ` or one of the init containers: [${init.join(' ')}]`}`,
    );
  }
  if (!all.includes(container)) throw badRequest(`container ${container} is not valid for pod ${name}`);
  const previous = query['previous'] === 'true';
  const status = [
    ...items(child(pod, 'status'), 'containerStatuses'),
    ...items(child(pod, 'status'), 'initContainerStatuses'),
  ].find((s) => s['name'] === container);
  const waiting = text(child(child(status, 'state'), 'waiting'), 'reason');
  const hasRun = child(child(status, 'lastState'), 'terminated') !== undefined;
  if (text(spec, 'nodeName') === '') throw badRequest(`pod ${name} does not have a host assigned`);
  if (previous && !hasRun)
    throw badRequest(`previous terminated container "${container}" in pod "${name}" not found`);
  if (!previous && waiting !== '' && !hasRun)
    throw badRequest(
      `container "${container}" in pod "${name}" is waiting to start: ${pulling.has(waiting) ? 'trying and failing to pull image' : waiting}`,
    );
  const read = () => reader.read({ namespace, pod: name, podUid: uid, container, previous }) ?? [];
  if (query['follow'] !== 'true')
    return { status: 200, contentType: 'text/plain', body: logText(read(), query, nowMs()) };
  let shown = 0;
  return {
    status: 200,
    contentType: 'text/plain',
    follow: {
      next() {
        const records = read();
        const fresh = shown === 0 ? records : records.slice(shown);
        const out =
          shown === 0
            ? logText(fresh, query, nowMs())
            : logText(fresh, { timestamps: query['timestamps'] ?? '' }, nowMs());
        shown = records.length;
        return { text: out, isOpen: waiting === '' };
      },
    },
  };
}

function logText(
  records: readonly LogRecord[],
  query: Readonly<Record<string, string>>,
  nowMs: number,
): string {
  let lines = records;
  const seconds = Number(query['sinceSeconds'] ?? Number.NaN);
  const from = query['sinceTime']
    ? Date.parse(query['sinceTime'])
    : Number.isNaN(seconds)
      ? undefined
      : nowMs - seconds * 1000;
  if (from !== undefined) lines = lines.filter((l) => l.timeMs >= from);
  const tail = Number(query['tailLines'] ?? Number.NaN);
  if (!Number.isNaN(tail) && tail >= 0) lines = tail === 0 ? [] : lines.slice(-tail);
  const stamped = query['timestamps'] === 'true';
  const out = lines.map((l) => `${stamped ? `${rfc3339Nanos(l.timeMs)} ` : ''}${l.text}\n`).join('');
  const limit = Number(query['limitBytes'] ?? Number.NaN);
  return Number.isNaN(limit) ? out : out.slice(0, limit);
}
