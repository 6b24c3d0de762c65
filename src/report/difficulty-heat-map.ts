import type { JudgedTask, SuiteVerdict } from '../gate/verdict/suite-difficulty.ts';
import { escapeHtml, type Markup, raw } from './html.ts';

const [left, top, cellHeight] = [250, 112, 22] as const;

interface Row {
  readonly label: string;
  readonly title: string;
  /** Stands behind the cells. */
  readonly note: string;
  readonly cells: readonly (Cell | undefined)[];
}

interface Cell {
  /** From 0 to 1: how dark. */
  readonly share: number;
  readonly text: string;
  readonly title: string;
  readonly isBad?: boolean;
}

/** Tasks by members, the hardest task on top and the weakest member on the left: the share of right answers as colour. */
export function heatMap({ tasks, panel }: SuiteVerdict): Markup {
  const members = panel?.members.map(({ member }) => member) ?? [];
  const rows = tasks
    .filter((task) => task.panel !== undefined)
    .toSorted((a, b) => (a.panel?.decision.rate ?? 0) - (b.panel?.decision.rate ?? 0))
    .map(
      (task): Row => ({
        ...labelOf(task),
        note: task.control ? `${task.band} (control)` : task.band,
        cells: members.map((member) => {
          const found = task.panel?.members.find((one) => one.member === member);
          if (!found) return undefined;
          const { solved, samples, interval, score } = found;
          return {
            share: solved / samples,
            text: `${solved}/${samples}`,
            title: `${member}: ${solved} of ${samples} right (${interval.map((bound) => bound.toFixed(2)).join('–')}), score ${score.toFixed(2)}`,
          };
        }),
      }),
    );
  return grid('right answers by task and member', members, rows, 64);
}

/** Tasks by solvers without a model: scores as colour, what a trivial one solves in red. */
export function solverMap({ tasks }: SuiteVerdict): Markup {
  const solvers = tasks[0]?.solvers.map(({ solver }) => solver) ?? [];
  const rows = tasks.map(
    (task): Row => ({
      ...labelOf(task),
      note: task.control ? 'control' : task.trivialFor.length > 0 ? 'trivial' : '',
      cells: task.solvers.map(({ solver, level, score }) => ({
        share: task.control ? score / 3 : score,
        text: score === 0 ? '' : String(Number(score.toFixed(2))),
        title: `${solver} (${level}): ${score.toFixed(2)}`,
        isBad: !task.control && level === 'trivial' && score === 1,
      })),
    }),
  );
  return grid('scores by task and solver without a model', solvers, rows, 40);
}

function labelOf({ task, scenario }: JudgedTask): Pick<Row, 'label' | 'title'> {
  return { label: scenario ?? task, title: task };
}

function grid(name: string, columns: readonly string[], rows: readonly Row[], cellWidth: number): Markup {
  const end = left + columns.length * cellWidth;
  const [width, height] = [end + 150, top + rows.length * cellHeight + 8];
  const parts = columns.map((column, index) => {
    const x = left + (index + 0.5) * cellWidth;
    return `<text transform="translate(${x + 4} ${top - 8}) rotate(-42)">${escapeHtml(shorten(column, 22))}<title>${escapeHtml(column)}</title></text>`;
  });
  for (const [at, { label, title, note, cells }] of rows.entries()) {
    const y = top + at * cellHeight;
    parts.push(
      `<text x="${left - 8}" y="${y + 15}" text-anchor="end">${escapeHtml(shorten(label, 34))}<title>${escapeHtml(title)}</title></text>`,
      `<text class="soft" x="${end + 10}" y="${y + 15}">${escapeHtml(note)}</text>`,
    );
    for (const [index, cell] of cells.entries()) {
      if (!cell) continue;
      const x = left + index * cellWidth;
      const colour = cell.isBad ? 'var(--red)' : 'var(--blue)';
      parts.push(
        `<g><title>${escapeHtml(`${label}, ${cell.title}`)}</title><rect x="${x + 1}" y="${y + 1}" width="${cellWidth - 2}" height="${cellHeight - 2}" rx="3" fill="${colour}" fill-opacity="${(0.06 + 0.84 * cell.share).toFixed(2)}"/><text x="${x + cellWidth / 2}" y="${y + 15}" text-anchor="middle" style="${cell.share > 0.55 ? 'fill:var(--paper)' : ''}">${escapeHtml(cell.text)}</text></g>`,
      );
    }
  }
  return raw(
    `<figure><svg viewBox="0 0 ${width} ${height}" style="width:${width}px;max-width:none;height:auto" role="img" aria-label="${escapeHtml(name)}">${parts.join('')}</svg></figure>`,
  );
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
