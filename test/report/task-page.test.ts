import { expect, test } from 'vitest';
import { taskPage } from '../../src/report/task-page.ts';
import { taskPageData } from './task-page-data.ts';

const hostile = '</script><img src=x onerror=alert(1)>\u202e"\'&';
const data = taskPageData(hostile);

test('what clusters and agents wrote is shown, never run, and the page loads nothing', () => {
  const page = taskPage(data);
  expect(page).toContain('&lt;/script&gt;');
  expect(page).not.toContain('<img');
  expect(page).not.toMatch(/\u202e|<script|https?:\/\//);
});

test('the root cause is marked in the call graph, also when it is the Service of a node', () => {
  expect(taskPage(data)).toMatch(/<title>shop\/Service\/cart<\/title><rect[^>]*stroke="var\(--red\)"/);
});
