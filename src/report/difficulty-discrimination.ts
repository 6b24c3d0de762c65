import type { SuiteVerdict } from '../gate/verdict/suite-difficulty.ts';
import { escapeHtml, html, type Markup, raw } from './html.ts';

const [width, height, left, right, top, bottom] = [720, 320, 48, 20, 14, 40] as const;

/** Every task by how often it is solved and how well it tells the members apart. */
export function discriminationPlot({ tasks }: SuiteVerdict): Markup {
  const all = tasks.flatMap(({ task, scenario, panel }) => {
    const correlation = panel?.discrimination?.correlation;
    return panel && correlation !== undefined
      ? [
          {
            label: scenario ?? task,
            x: panel.decision.rate,
            y: correlation,
            p: panel.discrimination?.pAdjusted ?? 1,
          },
        ]
      : [];
  });
  // tasks with the same results lie on one another
  const points = [...Map.groupBy(all, ({ x, y }) => `${x.toFixed(2)} ${y.toFixed(2)}`).values()].flatMap(
    (group) => (group[0] ? [{ ...group[0], label: group.map(({ label }) => label).join(', ') }] : []),
  );
  if (points.length === 0)
    return html`<p>Needs three members with a result on every task, and tasks on which they differ.</p>`;
  const toX = (x: number) => left + x * (width - left - right);
  const toY = (y: number) => top + ((1 - y) / 2) * (height - top - bottom);
  const parts: string[] = [];
  for (const y of [-1, -0.5, 0, 0.5, 1])
    parts.push(
      `<line x1="${left}" x2="${width - right}" y1="${toY(y)}" y2="${toY(y)}" stroke="var(--line)" stroke-width="${y === 0 ? 2 : 1}"/><text class="soft" x="${left - 8}" y="${toY(y) + 4}" text-anchor="end">${y}</text>`,
    );
  for (const x of [0, 0.25, 0.5, 0.75, 1])
    parts.push(
      `<text class="soft" x="${toX(x)}" y="${height - bottom + 18}" text-anchor="middle">${x}</text>`,
    );
  for (const { label, x, y, p } of points) {
    const colour = y >= 0 ? 'var(--blue)' : p <= 0.05 ? 'var(--red)' : 'var(--amber)';
    const anchor = x > 0.6 ? 'end' : 'start';
    parts.push(
      `<g><title>${escapeHtml(`${label}: rate ${x.toFixed(2)}, r ${y.toFixed(2)}`)}</title><circle cx="${toX(x).toFixed(1)}" cy="${toY(y).toFixed(1)}" r="5" fill="${colour}"/><text x="${(toX(x) + (anchor === 'end' ? -9 : 9)).toFixed(1)}" y="${(toY(y) + 4).toFixed(1)}" text-anchor="${anchor}">${escapeHtml(label.length > 60 ? `${label.slice(0, 59)}…` : label)}</text></g>`,
    );
  }
  parts.push(
    `<text class="soft" x="${(left + width - right) / 2}" y="${height - 4}" text-anchor="middle">share of right answers</text>`,
  );
  return html`${raw(`<figure><svg viewBox="0 0 ${width} ${height}" style="width:100%;height:auto;min-width:560px" role="img" aria-label="discrimination by rate">${parts.join('')}</svg></figure>`)}<p class="lead">Correlation of a task's results with the members' means on all other tasks with causes. Below 0 the weaker members do better: look for a broken task. Red: chance does not explain it, after adjusting for the number of tasks.</p>`;
}
