import type { SuiteVerdict } from '../gate/verdict/suite-difficulty.ts';
import { escapeHtml, type Markup, raw } from './html.ts';

const [left, top, cellWidth, cellHeight] = [250, 96, 64, 22] as const;

/** Tasks by members, the hardest task on top and the weakest member on the left: the share of right answers as colour. */
export function heatMap({ tasks, panel }: SuiteVerdict): Markup {
  const members = panel?.members ?? [];
  const rows = tasks
    .filter((task) => task.panel !== undefined)
    .toSorted((a, b) => (a.panel?.decision.rate ?? 0) - (b.panel?.decision.rate ?? 0));
  const width = left + members.length * cellWidth + 150;
  const height = top + rows.length * cellHeight + 8;
  const parts = members.map(({ member }, column) => {
    const x = left + (column + 0.5) * cellWidth;
    return `<text transform="translate(${x + 4} ${top - 8}) rotate(-32)">${escapeHtml(shorten(member, 24))}<title>${escapeHtml(member)}</title></text>`;
  });
  for (const [row, { task, scenario, control, band, panel: own }] of rows.entries()) {
    const y = top + row * cellHeight;
    parts.push(
      `<text x="${left - 8}" y="${y + 15}" text-anchor="end">${escapeHtml(shorten(scenario ?? task, 34))}<title>${escapeHtml(task)}</title></text>`,
      `<text class="soft" x="${left + members.length * cellWidth + 10}" y="${y + 15}">${escapeHtml(control ? `${band} (control)` : band)}</text>`,
    );
    for (const [column, { member }] of members.entries()) {
      const found = own?.members.find((one) => one.member === member);
      if (!found) continue;
      const share = found.solved / found.samples;
      const title = `${member} on ${task}: ${found.solved} of ${found.samples} right (${found.interval.map((bound) => bound.toFixed(2)).join('–')}), score ${found.score.toFixed(2)}`;
      const x = left + column * cellWidth;
      parts.push(
        `<g><title>${escapeHtml(title)}</title><rect x="${x + 1}" y="${y + 1}" width="${cellWidth - 2}" height="${cellHeight - 2}" rx="3" fill="var(--blue)" fill-opacity="${(0.06 + 0.84 * share).toFixed(2)}"/><text x="${x + cellWidth / 2}" y="${y + 15}" text-anchor="middle" style="${share > 0.55 ? 'fill:var(--paper)' : ''}">${found.solved}/${found.samples}</text></g>`,
      );
    }
  }
  return raw(
    `<figure><svg viewBox="0 0 ${width} ${height}" style="width:${width}px;max-width:none;height:auto" role="img" aria-label="right answers by task and member">${parts.join('')}</svg></figure>`,
  );
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
