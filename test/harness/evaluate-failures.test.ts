import { appendFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PrerequisiteError } from '../../src/base/errors.ts';
import type { Agent, TaskView } from '../../src/harness/agent.ts';
import { evaluate } from '../../src/harness/evaluate.ts';
import { RunDirectory } from '../../src/harness/run-directory.ts';
import { SandboxError } from '../../src/harness/sandbox/sandbox.ts';
import { readTranscript } from '../../src/harness/transcript.ts';

const submission = '{"contributing_factors":[]}';

async function evaluated(
  solve: Agent['solve'],
  options: { tasks?: number; repeats?: number; concurrency?: number } = {},
) {
  const tasks = Array.from({ length: options.tasks ?? 1 }, (_, index) => `task${index}`);
  const run = await RunDirectory.create(mkdtempSync(join(tmpdir(), 'run-')), {
    apiVersion: 'culprit.dev/v1',
    kind: 'Run',
    id: 'run',
    version: '0.1.0',
    agents: ['a'],
    repeats: options.repeats ?? 1,
    tasks: tasks.map((task) => ({ task, directory: '.', digest: 'sha256:0' })),
  });
  const failures: string[] = [];
  const again = () =>
    evaluate({
      run,
      agents: [{ name: 'a', summary: '', solve }],
      // the agent here does not look at the evidence
      tasks: tasks.map((id) => ({ id, domain: 'sre', instruction: '' }) as unknown as TaskView),
      clock: { nowMs: () => Date.now() },
      signal: new AbortController().signal,
      concurrency: options.concurrency ?? 1,
      onAttemptFailed: (_, attempt, message) => failures.push(`${attempt}: ${message}`),
    });
  const error = await again().catch((thrown: unknown) => thrown);
  return { run, error, failures, again, result: await run.result({ task: 'task0', agent: 'a', repeat: 0 }) };
}

it('a sandbox that breaks is tried again; the sample counts and says what broke', async () => {
  let calls = 0;
  const { result, failures } = await evaluated(async () => {
    if (++calls < 3) throw new SandboxError(`broke ${calls}`);
    return { submission, exitReason: 'submitted' };
  });
  expect(failures).toEqual(['1: broke 1', '2: broke 2']);
  expect(result).toMatchObject({ exitReason: 'submitted', infrastructureFailures: ['broke 1', 'broke 2'] });
});

it('one that breaks for good, or in a way nobody expected, is no result; a later run tries again', async () => {
  let broken = true;
  let calls = 0;
  const { run, result, again } = await evaluated(async () => {
    calls++;
    if (broken) throw new TypeError('a bug of ours');
    return { submission, exitReason: 'submitted' };
  });
  expect(result).toMatchObject({ exitReason: 'infrastructure-error', detail: 'a bug of ours' });
  expect(calls).toBe(1);
  broken = false;
  await again();
  await again();
  expect(calls).toBe(2);
  expect(await run.result({ task: 'task0', agent: 'a', repeat: 0 })).toMatchObject({
    exitReason: 'submitted',
  });
});

it('what would break every sample ends the run and keeps what is finished', async () => {
  let calls = 0;
  const { error, run } = await evaluated(
    async (_, { signal }) => {
      const call = ++calls;
      if (call === 3) throw new PrerequisiteError('no-api-key', 'no key');
      if (call > 3)
        await new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        );
      return { submission, exitReason: 'submitted' };
    },
    { tasks: 8, concurrency: 2 },
  );
  expect(error).toMatchObject({ code: 'no-api-key' });
  const results = await Promise.all(run.keys().map((key) => run.result(key)));
  expect(results.filter((result) => result !== undefined)).toHaveLength(2);
});

it('no more samples run at once than asked for, and all of them run', async () => {
  let active = 0;
  let most = 0;
  const { run } = await evaluated(
    async () => {
      most = Math.max(most, ++active);
      await new Promise((resolve) => setTimeout(resolve, 5));
      active--;
      return { submission, exitReason: 'submitted' };
    },
    { tasks: 6, repeats: 3, concurrency: 4 },
  );
  expect(most).toBe(4);
  for (const key of run.keys())
    expect(await run.result(key)).toMatchObject({ ...key, exitReason: 'submitted' });
});

it('a transcript that a crash cut off reads up to the cut, and is begun anew', async () => {
  const { run, again } = await evaluated(async () => ({ submission, exitReason: 'submitted' }));
  const path = run.transcriptPath({ task: 'task0', agent: 'a', repeat: 0 });
  const types = async () => {
    const seen: string[] = [];
    for await (const { event } of readTranscript(path)) seen.push(event.type);
    return seen;
  };
  appendFileSync(path, '{"atMs":7,"type":"rep');
  expect(await types()).toEqual(['started', 'finished']);
  await run.begin({ task: 'task0', agent: 'a', repeat: 0 });
  await again();
  expect(await types()).toEqual(['started', 'finished']);
});
