/** Asks a real Prometheus the whole corpus and writes its answers: `node test/cluster/embedded/prometheus/record.ts`. */
import { writeFileSync } from 'node:fs';
import { type Answer, askReal, questions } from './comparison.ts';
import { corpus } from './corpus.ts';
import { startPrometheus } from './real-prometheus.ts';
import { recordingFile, writeRecording } from './recording.ts';

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
