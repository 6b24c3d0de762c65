import { byCodeUnit } from '../base/order.ts';
import { escapeHtml, type Markup, raw } from './html.ts';
import type { TaskPageData } from './task-page-data.ts';

const columnWidth = 178;
const rowHeight = 46;
const boxWidth = 132;
const boxHeight = 28;

/** Services in columns by their distance from the entry, calls as lines; what is at fault and what suffers is marked. */
export function callGraph(data: TaskPageData): Markup {
  const names = [
    ...new Set([
      ...data.services.map((service) => service.name),
      ...data.calls.flatMap((call) => [call.from, call.to]),
    ]),
  ].sort(byCodeUnit);
  const column = columns(names, data.calls);
  const rows = Map.groupBy(names, (name) => column.get(name) ?? 0);
  const position = new Map<string, { x: number; y: number }>();
  let height = 0;
  for (const [index, members] of rows) {
    members.forEach((name, row) =>
      position.set(name, { x: 12 + index * columnWidth, y: 12 + row * rowHeight }),
    );
    height = Math.max(height, members.length * rowHeight + 16);
  }
  const width = Math.max(...rows.keys(), 0) * columnWidth + boxWidth + 24;
  const named = new Map(data.services.map((service) => [service.name, service]));
  const causes = new Set(data.rootCauses.map((cause) => cause.entity));
  const affected = new Set(data.rootCauses.flatMap((cause) => cause.affects));
  const symptoms = new Set(data.symptoms.map((symptom) => symptom.entity));
  const most = Math.max(1, ...data.calls.map((call) => call.count));
  const parts = data.calls.map((call) => {
    const from = position.get(call.from);
    const to = position.get(call.to);
    if (!from || !to) return '';
    const x1 = from.x + boxWidth;
    const y1 = from.y + boxHeight / 2;
    const y2 = to.y + boxHeight / 2;
    const middle = (x1 + to.x) / 2;
    return `<path d="M${x1} ${y1} C${middle} ${y1} ${middle} ${y2} ${to.x} ${y2}" fill="none" stroke="var(--soft)" stroke-opacity=".5" stroke-width="${(0.8 + 2.4 * (call.count / most)).toFixed(2)}"><title>${escapeHtml(`${call.from} → ${call.to}: ${call.count}`)}</title></path>`;
  });
  for (const name of names) {
    const { x, y } = position.get(name)!;
    const { entity, service } = named.get(name) ?? { entity: undefined, service: '' };
    const isCause =
      causes.has(service) || (entity !== undefined && (causes.has(entity) || affected.has(entity)));
    const isSymptom = entity !== undefined && symptoms.has(entity);
    const colour = isCause ? 'var(--red)' : isSymptom ? 'var(--amber)' : 'var(--line)';
    const because = data.rootCauses.filter(
      (cause) =>
        cause.entity === entity ||
        cause.entity === service ||
        (entity !== undefined && cause.affects.includes(entity)),
    );
    const title = because.map((cause) => cause.entity).join(', ') || (isSymptom ? 'symptom' : name);
    parts.push(
      `<g><title>${escapeHtml(title)}</title><rect x="${x}" y="${y}" width="${boxWidth}" height="${boxHeight}" rx="6" fill="var(--paper)" stroke="${colour}" stroke-width="${isCause ? 3 : 1.6}"/><text x="${x + boxWidth / 2}" y="${y + 18}" text-anchor="middle">${escapeHtml(name)}</text></g>`,
    );
  }
  const legend = `<p class="lead"><span class="cause">■</span> root cause or directly hit by it (${escapeHtml([...causes].join(', ') || 'none')}) <span class="symptom">■</span> symptom</p>`;
  return raw(
    `${legend}<figure><svg viewBox="0 0 ${width} ${height}" style="width:100%;height:auto;min-width:760px" role="img" aria-label="call graph">${parts.join('')}</svg></figure>`,
  );
}

/** Longest-path layers from the services nobody calls; cycles are cut where they close. */
function columns(names: readonly string[], calls: TaskPageData['calls']): ReadonlyMap<string, number> {
  const callers = new Map(
    names.map((name) => [
      name,
      calls.filter((call) => call.to === name && call.from !== name).map((call) => call.from),
    ]),
  );
  const depth = new Map<string, number>();
  const visit = (name: string, path: ReadonlySet<string>): number => {
    const known = depth.get(name);
    if (known !== undefined) return known;
    let deepest = 0;
    for (const caller of callers.get(name) ?? [])
      if (!path.has(caller)) deepest = Math.max(deepest, visit(caller, new Set(path).add(name)) + 1);
    depth.set(name, deepest);
    return deepest;
  };
  for (const name of names) visit(name, new Set([name]));
  return depth;
}
