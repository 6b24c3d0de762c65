import { escapeHtml, type Markup, raw } from './html.ts';
import type { TaskPageData } from './task-page-data.ts';

const width = 1060;
const left = 330;
const rowHeight = 20;

interface Row {
  readonly label: string;
  readonly kind: 'operation' | 'alert' | 'event';
  readonly bars: readonly {
    readonly fromMs: number;
    readonly toMs: number;
    readonly strong: boolean;
    readonly title: string;
  }[];
}

/** Alerts as bars (pending pale, firing strong), warning events as marks, operations as marks, on one time axis. */
export function timeline(data: TaskPageData): Markup {
  const { startMs, endMs, incidentMs } = data.window;
  const rows = [...operationRows(data), ...alertRows(data), ...eventRows(data)];
  const height = rows.length * rowHeight + 46;
  const x = (timeMs: number) =>
    left + ((Math.min(Math.max(timeMs, startMs), endMs) - startMs) / (endMs - startMs)) * (width - left - 32);
  const parts: string[] = [];
  for (let minute = 0; minute * 60_000 <= endMs - startMs; minute += 5) {
    const at = x(startMs + minute * 60_000);
    parts.push(
      `<line x1="${at}" x2="${at}" y1="18" y2="${height - 22}" stroke="var(--line)"/><text class="soft" x="${at}" y="${height - 8}" text-anchor="middle">${minute} min</text>`,
    );
  }
  if (incidentMs !== undefined) {
    const at = x(incidentMs);
    parts.push(
      `<line x1="${at}" x2="${at}" y1="14" y2="${height - 22}" stroke="var(--red)" stroke-dasharray="4 3"/><text x="${at + 4}" y="13" style="fill:var(--red)">incident</text>`,
    );
  }
  rows.forEach((row, index) => {
    const y = 24 + index * rowHeight;
    parts.push(
      `<text x="${left - 10}" y="${y + 12}" text-anchor="end">${escapeHtml(shorten(row.label, 46))}<title>${escapeHtml(row.label)}</title></text>`,
    );
    for (const bar of row.bars) {
      const from = x(bar.fromMs);
      const wide = Math.max(3, x(bar.toMs) - from);
      const colour =
        row.kind === 'alert' ? 'var(--red)' : row.kind === 'event' ? 'var(--amber)' : 'var(--blue)';
      parts.push(
        `<rect x="${from.toFixed(1)}" y="${y + 2}" width="${wide.toFixed(1)}" height="12" rx="2" fill="${colour}" fill-opacity="${bar.strong ? 0.9 : 0.35}"><title>${escapeHtml(bar.title)}</title></rect>`,
      );
    }
  });
  return raw(
    `<figure><svg viewBox="0 0 ${width} ${height}" style="width:100%;height:auto;min-width:760px" role="img" aria-label="timeline">${parts.join('')}</svg></figure>`,
  );
}

function operationRows(data: TaskPageData): Row[] {
  return data.operations.map((operation) => ({
    label: `${operation.role}: ${operation.summary}`,
    kind: 'operation',
    bars: [
      {
        fromMs: operation.timeMs,
        toMs: operation.timeMs,
        strong: operation.role === 'cause',
        title: operation.summary,
      },
    ],
  }));
}

function alertRows(data: TaskPageData): Row[] {
  const groups = Map.groupBy(data.alerts, (alert) => `${alert.name} ${alert.about}`);
  return [...groups].map(([label, changes]) => {
    const bars = [];
    for (const instance of Map.groupBy(changes, (change) => change.id).values())
      for (const [index, change] of instance.entries()) {
        if (change.state === 'inactive') continue;
        const toMs = instance[index + 1]?.timeMs ?? data.window.endMs;
        bars.push({
          fromMs: change.timeMs,
          toMs,
          strong: change.state === 'firing',
          title: `${change.name} ${change.state}`,
        });
      }
    return { label, kind: 'alert', bars } as const;
  });
}

function eventRows(data: TaskPageData): Row[] {
  const warnings = data.events.filter(
    (event) => event.type === 'Warning' && event.timeMs >= data.window.startMs,
  );
  const groups = [...Map.groupBy(warnings, (event) => `${event.reason} ${event.about}`)].slice(0, 24);
  return groups.map(([label, events]) => ({
    label,
    kind: 'event',
    bars: events.map((event) => ({
      fromMs: event.timeMs,
      toMs: event.timeMs,
      strong: true,
      title: `${event.message} (×${event.count})`,
    })),
  }));
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
