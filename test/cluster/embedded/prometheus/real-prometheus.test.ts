import { describe, expect, test } from 'vitest';
import { ours } from './ask-ours.ts';
import { askReal, difference, questions } from './comparison.ts';
import { corpus } from './corpus.ts';
import { hasPrometheus, startPrometheus } from './real-prometheus.ts';
import { readRecording } from './recording.ts';

const isInstalled = hasPrometheus();

describe('PromQL compared with a real Prometheus', () => {
  test('the recorded answers are ours too', () => {
    const { answers } = readRecording();
    expect([...answers.keys()], 'record again: node test/cluster/embedded/prometheus/record.ts').toEqual(
      corpus,
    );
    const ask = ours();
    const differences: string[] = [];
    for (const [expression, pair] of answers)
      questions(expression).forEach((question, i) => {
        const found = difference(pair[i]!, ask(question));
        if (found !== undefined) differences.push(`${expression} (${question.path}): ${found}`);
      });
    expect(differences).toEqual([]);
    expect(answers.size).toBeGreaterThan(400);
  });

  test.skipIf(!isInstalled)(
    `a running Prometheus answers as ours does${isInstalled ? '' : ' (skipped: prometheus and promtool are not installed)'}`,
    async () => {
      await using real = await startPrometheus();
      const ask = ours();
      const differences: string[] = [];
      for (const expression of corpus)
        for (const question of questions(expression)) {
          const found = difference(await askReal(real.url, question), ask(question));
          if (found !== undefined) differences.push(`${expression} (${question.path}): ${found}`);
        }
      expect(differences).toEqual([]);
    },
  );
});
