import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Static } from 'typebox';
import { Value } from 'typebox/value';
import { atomicWrite } from '../base/atomic-write.ts';
import { UserError } from '../base/errors.ts';
import { isAliveProcess } from '../base/is-alive-process.ts';
import { RunFile, SampleFile } from './run-file.ts';

export interface SampleKey {
  readonly task: string;
  readonly agent: string;
  readonly repeat: number;
}

/** A run on disk. Every sample is a folder of its own; `result.json` is written last, so that a crash leaves no half result. */
export class RunDirectory {
  readonly path: string;
  readonly run: RunFile;

  private constructor(path: string, run: RunFile) {
    this.path = path;
    this.run = run;
  }

  static async create(path: string, run: RunFile): Promise<RunDirectory> {
    const folders = new Set(run.agents.map(folderName));
    if (folders.size < run.agents.length)
      throw new UserError('agents', `two agents of the run have one name: ${run.agents.join(', ')}`);
    await mkdir(join(path, 'samples'), { recursive: true });
    await atomicWrite(join(path, 'run.json'), `${JSON.stringify(run, undefined, 2)}\n`);
    return new RunDirectory(path, run);
  }

  static async open(path: string): Promise<RunDirectory> {
    return new RunDirectory(path, await parseFile(RunFile, join(path, 'run.json'), 'a run directory'));
  }

  keys(): SampleKey[] {
    const { tasks, agents, repeats } = this.run;
    return tasks.flatMap(({ task }) =>
      agents.flatMap((agent) => Array.from({ length: repeats }, (_, repeat) => ({ task, agent, repeat }))),
    );
  }

  directoryOf(key: SampleKey): string {
    return join(this.path, 'samples', key.task, `${folderName(key.agent)}-${key.repeat}`);
  }

  transcriptPath(key: SampleKey): string {
    return join(this.directoryOf(key), 'transcript.jsonl');
  }

  /** How the sample ended; undefined if it has not. */
  async result(key: SampleKey): Promise<SampleFile | undefined> {
    try {
      return await parseFile(SampleFile, join(this.directoryOf(key), 'result.json'), 'a sample');
    } catch (error) {
      if (((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Bytes of the answer file; undefined if the agent wrote none. */
  async submission(key: SampleKey): Promise<Uint8Array | undefined> {
    try {
      return await readFile(join(this.directoryOf(key), 'agent_output.json'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Empties the sample's folder: an unfinished attempt is not continued but repeated. */
  async begin(key: SampleKey): Promise<void> {
    await rm(this.directoryOf(key), { recursive: true, force: true });
    await mkdir(this.directoryOf(key), { recursive: true });
  }

  async finish(key: SampleKey, sample: SampleFile, submission: string | undefined): Promise<void> {
    if (submission !== undefined)
      await atomicWrite(join(this.directoryOf(key), 'agent_output.json'), submission);
    await atomicWrite(
      join(this.directoryOf(key), 'result.json'),
      `${JSON.stringify(sample, undefined, 2)}\n`,
    );
  }

  /**
   * Keeps other processes from working on the run at the same time. The lock of a process that is gone is taken over.
   * UserError while another one works.
   */
  async lock(): Promise<AsyncDisposable> {
    const path = join(this.path, 'lock');
    const release = { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        await writeFile(path, `${process.pid}\n`, { flag: 'wx' });
        return release;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        const owner = Number.parseInt(await readFile(path, 'utf8').catch(() => ''), 10);
        if (owner !== process.pid && isAliveProcess(owner))
          throw new UserError('run-busy', `process ${owner} is working on ${this.path}`, {
            hint: `wait for it; if it is something else, delete ${path}`,
          });
        await rm(path, { force: true });
      }
    }
    throw new UserError('run-busy', `${this.path} is being worked on`);
  }
}

/** An agent's name as part of a path. */
function folderName(agent: string): string {
  return agent.replaceAll(/[^A-Za-z0-9._-]+/g, '_').replace(/^\.+/, '_');
}

async function parseFile<S extends typeof RunFile | typeof SampleFile>(
  schema: S,
  path: string,
  what: string,
): Promise<Static<S>> {
  try {
    return Value.Parse(schema, JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    throw new UserError('run-directory', `${path} does not belong to ${what}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
