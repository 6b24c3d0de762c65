import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { atomicWrite } from '../base/atomic-write.ts';
import { UserError } from '../base/errors.ts';

const strict = { additionalProperties: false } as const;

/** `run.json`: what was asked for; written first and never changed. */
export const RunFile = Type.Object(
  {
    apiVersion: Type.Literal('culprit.dev/v1'),
    kind: Type.Literal('Run'),
    id: Type.String(),
    version: Type.String(),
    agents: Type.Array(Type.String()),
    repeats: Type.Integer({ minimum: 1 }),
    /** Bundles by task id: where they were and the digest of their manifest. */
    tasks: Type.Array(
      Type.Object({ task: Type.String(), directory: Type.String(), digest: Type.String() }, strict),
    ),
  },
  strict,
);
export type RunFile = Static<typeof RunFile>;

/** `result.json` of a sample: how it ended, never how well. */
export const SampleFile = Type.Object(
  {
    apiVersion: Type.Literal('culprit.dev/v1'),
    kind: Type.Literal('Sample'),
    task: Type.String(),
    agent: Type.String(),
    repeat: Type.Integer({ minimum: 0 }),
    exitReason: Type.String(),
    detail: Type.Optional(Type.String()),
    elapsedMs: Type.Number(),
  },
  strict,
);
export type SampleFile = Static<typeof SampleFile>;

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
    return join(this.path, 'samples', key.task, `${key.agent}-${key.repeat}`);
  }

  /** The finished sample; undefined if it has not finished. */
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

  async record(key: SampleKey, event: Readonly<Record<string, unknown>>): Promise<void> {
    await appendFile(join(this.directoryOf(key), 'transcript.jsonl'), `${JSON.stringify(event)}\n`);
  }

  async finish(key: SampleKey, sample: SampleFile, submission: string | undefined): Promise<void> {
    if (submission !== undefined)
      await atomicWrite(join(this.directoryOf(key), 'agent_output.json'), submission);
    await atomicWrite(
      join(this.directoryOf(key), 'result.json'),
      `${JSON.stringify(sample, undefined, 2)}\n`,
    );
  }
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
