/** Plants every kind of leak and mistake in two small tasks and prints what the lints found: `node bench/lint-mutations.ts`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatTable } from '../src/cli/table.ts';
import { buildTasks } from '../src/gate/build/build-tasks.ts';
import { lintBundles } from '../src/gate/lint/lint-bundles.ts';
import { lintRules } from '../src/gate/lint/rules.ts';
import { Planted } from '../test/gate/lint/planted.ts';
import { leaks, leaksAcrossTasks, mistakes, type Plant, planting } from '../test/gate/lint/plants.ts';
import { smallScenario } from '../test/helpers/small-scenario.ts';

const folder = mkdtempSync(join(tmpdir(), 'mutations-'));
try {
  const { name, summary, fault } = planting;
  const metadata = { name, summary, split: 'public', version: 1 };
  const scenarios = [
    await smallScenario(folder, name, { metadata, faults: [fault] }),
    await smallScenario(folder, 'calm', { faults: [], seed: 'f'.repeat(32) }),
  ];
  const outcomes = await buildTasks(
    scenarios.map((scenario) => ({ scenario, out: join(folder, 'out') })),
    { jobs: 1 },
  );
  const [task = '', control = ''] = outcomes.map((outcome) => {
    if (outcome.status !== 'built') throw new Error(JSON.stringify(outcome));
    return outcome.directory;
  });
  const clean = (await lintBundles([task, control])).flatMap(({ findings }) => findings);
  const rows: string[][] = [];
  const run = async (group: string, plants: readonly Plant[], across: boolean) => {
    for (const { what, codes, plant } of plants) {
      const place = () => mkdtempSync(join(folder, 'planted-'));
      const planted = new Planted(task, place());
      const other = new Planted(control, place());
      plant(planted, other);
      const bundles = across ? [planted.path, other.path] : [planted.path];
      const findings = (await lintBundles(bundles)).flatMap((one) => one.findings);
      const found = [...new Set(findings.map(({ code }) => code))];
      const [first] = findings;
      const isRight = found.join() === codes.join();
      const rules = codes.map((code) => `${code} ${lintRules.find((rule) => rule.code === code)?.name}`);
      const at =
        first === undefined
          ? ''
          : `${first.location.file.replace(/^public\/logs\/.*\//, 'public/logs/…/')}:${first.location.line}`;
      rows.push([
        group,
        what,
        rules.join(', '),
        isRight ? 'found' : `FOUND ${found.join() || 'NOTHING'}`,
        at,
      ]);
      for (const { path } of [planted, other]) rmSync(path, { recursive: true });
    }
  };
  await run('leak', leaks, false);
  await run('across tasks', leaksAcrossTasks, true);
  await run('truth', mistakes, false);
  const right = rows.filter((row) => row[3] === 'found').length;
  process.stdout.write(
    `${formatTable(['kind', 'planted', 'rule', 'result', 'first place'], rows)}\n${right} of ${rows.length} found by their rules and no other; ${clean.length} findings in the two clean tasks\n`,
  );
  process.exitCode = right === rows.length && clean.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
