import { escapeHtml, type Markup, raw } from './html.ts';

export interface ScatterPoint {
  readonly label: string;
  readonly x: number;
  readonly y: number;
  /** 95 %, vertical. */
  readonly interval: readonly [low: number, high: number];
  /** Drawn hollow: not ranked. */
  readonly isPale: boolean;
}

const [width, height, left, right, top, bottom] = [520, 300, 44, 20, 14, 38] as const;

/** Scores from 0 to 1 over something from 0 on, with their intervals. */
export function scatter(
  points: readonly ScatterPoint[],
  xLabel: string,
  show: (x: number) => string,
): Markup {
  const step = niceStep(Math.max(...points.map(({ x }) => x), 1e-9) / 5);
  const most = step * Math.max(1, Math.ceil(Math.max(...points.map(({ x }) => x)) / step + 0.3));
  const toX = (x: number) => left + (x / most) * (width - left - right);
  const toY = (y: number) => top + (1 - y) * (height - top - bottom);
  const parts: string[] = [];
  for (const y of [0, 0.25, 0.5, 0.75, 1])
    parts.push(
      `<line x1="${left}" x2="${width - right}" y1="${toY(y)}" y2="${toY(y)}" stroke="var(--line)"/><text class="soft" x="${left - 8}" y="${toY(y) + 4}" text-anchor="end">${y}</text>`,
    );
  for (let index = 0; index * step <= most + step / 1000; index++)
    parts.push(
      `<text class="soft" x="${toX(index * step).toFixed(1)}" y="${height - bottom + 18}" text-anchor="middle">${escapeHtml(show(index * step))}</text>`,
    );
  for (const { label, x, y, interval, isPale } of points) {
    const [cx, cy] = [toX(x).toFixed(1), toY(y).toFixed(1)];
    const anchor = x > most * 0.7 ? 'end' : 'start';
    parts.push(
      `<g><title>${escapeHtml(`${label}: ${y.toFixed(3)} (${interval.map((bound) => bound.toFixed(2)).join('–')}) at ${show(x)}`)}</title><line x1="${cx}" x2="${cx}" y1="${toY(interval[0]).toFixed(1)}" y2="${toY(interval[1]).toFixed(1)}" stroke="var(--blue)" stroke-opacity=".55" stroke-width="2"/><circle cx="${cx}" cy="${cy}" r="5" fill="${isPale ? 'var(--paper)' : 'var(--blue)'}" stroke="var(--blue)" stroke-width="2"/><text x="${(toX(x) + (anchor === 'end' ? -9 : 9)).toFixed(1)}" y="${(toY(y) - 6).toFixed(1)}" text-anchor="${anchor}">${escapeHtml(label)}</text></g>`,
    );
  }
  parts.push(
    `<text class="soft" x="${(left + width - right) / 2}" y="${height - 4}" text-anchor="middle">${escapeHtml(xLabel)}</text>`,
  );
  return raw(
    `<figure><svg viewBox="0 0 ${width} ${height}" style="width:100%;height:auto" role="img" aria-label="score against ${escapeHtml(xLabel)}">${parts.join('')}</svg></figure>`,
  );
}

/** 1, 2 or 5 times a power of ten, at least as large. */
function niceStep(atLeast: number): number {
  let scale = 1;
  while (scale > atLeast) scale /= 10;
  while (scale * 10 < atLeast) scale *= 10;
  return scale * ([1, 2, 5, 10].find((factor) => factor * scale >= atLeast) ?? 10);
}
