/** Asks a real Prometheus the whole corpus and writes its answers: `node test/cluster/embedded/prometheus/record.ts`. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answer, askReal, questions } from './comparison.ts';
import { corpus } from './corpus.ts';
import { startPrometheus } from './real-prometheus.ts';
import { recordingFile, writeRecording } from './recording.ts';
import { rulesText } from './rule-cases.ts';
import { ourUnitTest, unitTestFile } from './rule-run.ts';

await using real = await startPrometheus();
const answers = new Map<string, readonly Answer[]>();
for (const expression of corpus) {
  const pair: Answer[] = [];
  for (const question of questions(expression)) pair.push(await askReal(real.url, question));
  answers.set(expression, pair);
}
const text = writeRecording(real.version, answers);
writeFileSync(recordingFile, text);
process.stdout.write(
  `${answers.size} expressions answered by Prometheus ${real.version}, ${text.length} bytes\n`,
);

const unitTest = ourUnitTest('rules.yaml');
const folder = mkdtempSync(join(tmpdir(), 'rules-comparison-'));
writeFileSync(join(folder, 'rules.yaml'), rulesText);
writeFileSync(join(folder, 'test.yaml'), JSON.stringify(unitTest));
const run = spawnSync('promtool', ['test', 'rules', join(folder, 'test.yaml')], { encoding: 'utf8' });
rmSync(folder, { recursive: true, force: true });
if (run.status !== 0) throw new Error(`promtool does not confirm our rules: ${run.stdout}${run.stderr}`);
writeFileSync(unitTestFile, `${JSON.stringify(unitTest)}\n`);
process.stdout.write('promtool confirms the rule cases\n');
