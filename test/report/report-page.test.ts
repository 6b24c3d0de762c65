import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { expect, test } from 'vitest';
import type { ReportData, ReportRow, ReportSample } from '../../src/report/report-data.ts';
import { reportPage } from '../../src/report/report-page.ts';
import { aggregate } from '../../src/scoring/aggregate.ts';
import type { Score } from '../../src/scoring/score-submission.ts';
import type { ScoredSample } from '../../src/scoring/scored-sample.ts';
import { taskPageData } from './task-page-data.ts';

const hostile =
  '</pre></script><script>document.title="owned"</script><img src="https://example.com/x" onerror="document.title=1">\u202e"\'';
const tasks = ['aaaaaaaaaa', 'bbbbbbbbbb', 'cccccccccc'];

const scored = (task: string, value: number): ScoredSample => ({
  task,
  repeat: 0,
  value,
  control: false,
  recall: value,
  precision: value,
  wrong: value === 1 ? [] : ['missed-cause'],
  split: task === 'cccccccccc' ? 'held-out' : 'public',
  provider: 'embedded',
  application: 'shop',
  family: task,
  category: 'network',
  tags: [],
  effort: { turns: 7, costUsd: 0.2 },
});

const score = (value: number): Score => ({
  value,
  control: false,
  valid: true,
  recall: value,
  precision: value,
  policy: 'collapse',
  missed: value === 1 ? [] : [hostile],
  verdicts: [],
});

const row = (agent: string, values: readonly number[], unranked?: ReportRow['unranked']): ReportRow => ({
  run: 'r',
  agent,
  provider: 'embedded',
  unranked,
  aggregate: aggregate(values.map((value, index) => scored(tasks[index] ?? '', value))),
  by: {},
});

const sample = (agent: string, value: number): ReportSample => ({
  run: 'r',
  agent,
  repeat: 0,
  exitReason: 'submitted',
  score: score(value),
  effort: { turns: 7 },
  transcript: [{ atMs: 1200, title: `calls ${hostile}`, text: hostile }],
});

const results: Readonly<Record<string, readonly number[]>> = {
  [`weak ${hostile}`]: [0, 0, 0.5],
  strong: [1, 1, 0],
  cheat: [1, 1, 1],
};

const data: ReportData = {
  runs: [
    {
      id: 'r',
      sandbox: 'none',
      isolated: false,
      repeats: 1,
      samples: 9,
      unfinished: 2,
      infrastructureFailed: 1,
    },
  ],
  rows: Object.entries(results).map(([agent, values]) =>
    row(agent, values, agent === 'cheat' ? 'not isolated' : undefined),
  ),
  tasks: tasks.map((task, index) => ({
    page: { ...taskPageData(hostile), task, answers: [] },
    split: 'public',
    category: index === 0 ? 'network' : 'memory',
    tags: [hostile],
    samples: Object.entries(results).map(([agent, values]) => sample(agent, values[index] ?? 0)),
  })),
};

const browser = '/usr/bin/chromium';

test('what models wrote is shown and never markup; the only script is ours', () => {
  const page = reportPage(data);
  expect(page).not.toContain('<img');
  expect(page).not.toContain('\u202e');
  expect(page.match(/<script>/g)).toHaveLength(1);
  expect(page).toMatch(/script-src 'sha256-[A-Za-z0-9+/=]+'/);
});

test.skipIf(!existsSync(browser))(
  `in a browser: no request, no error, ranks, transcripts and the filter work (needs ${browser})`,
  async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'report-')), 'report.html');
    writeFileSync(file, reportPage(data));
    const process = await chromium.launch({
      executablePath: browser,
      args: [
        '--no-sandbox',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--disable-quic',
      ],
    });
    try {
      const page = await process.newPage();
      const requests: string[] = [];
      const problems: string[] = [];
      page.on('request', (request) => requests.push(request.url()));
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') problems.push(message.text());
      });
      await page.goto(pathToFileURL(file).href);
      expect(await page.title()).toBe('Report: r');

      // the one that was not isolated scores best and has no rank
      const board = page.locator('table.board tr');
      expect(await board.nth(1).locator('td').nth(0).textContent()).toBe('1');
      expect(await board.nth(1).locator('td').nth(1).textContent()).toBe('strong');
      expect(await board.nth(3).locator('td').nth(0).textContent()).toBe('–');
      expect(await board.nth(3).textContent()).toContain('not isolated');
      expect(await page.locator('div.plots circle').count()).toBe(6);

      const first = page.locator('section.task').first();
      const opened = first.locator('details.sample').first();
      expect(await opened.locator('pre').isVisible()).toBe(false);
      await opened.locator('summary').first().click();
      await opened.locator('details.transcript > summary').click();
      expect(await opened.locator('pre').isVisible()).toBe(true);
      expect(await opened.locator('pre').textContent()).toContain('document.title="owned"');

      const visible = () => page.locator('section.task:visible').count();
      expect(await visible()).toBe(3);
      await page.locator('input[name=text]').fill('memory');
      expect(await visible()).toBe(2);
      await page.locator('select[name=agent]').selectOption('strong');
      await page.locator('select[name=result]').selectOption('solved');
      expect(await visible()).toBe(1);
      expect(await page.locator('details.sample:visible').count()).toBe(1);

      expect(requests).toEqual([pathToFileURL(file).href]);
      expect(problems).toEqual([]);
      expect(await page.title()).toBe('Report: r');
    } finally {
      await process.close();
    }
  },
);
