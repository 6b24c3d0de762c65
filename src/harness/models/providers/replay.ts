import { resolve } from 'node:path';
import { UserError } from '../../../base/errors.ts';
import { RunDirectory } from '../../run-directory.ts';
import { readTranscript } from '../../transcript.ts';
import type { Model, ModelReply } from '../model.ts';
import { ModelError } from '../model-error.ts';
import type { ProviderContext } from './sdk-providers.ts';

/**
 * A model that repeats what was recorded (`replay/RUN`, or `replay/RUN#AGENT` where several models ran): the same
 * replies, with the same usage, in the same order for each task and repeat. What the tools answer is not compared.
 */
export async function createReplayModel(reference: string, context: ProviderContext): Promise<Model> {
  const [path = '', wanted] = reference.split('#');
  const run = await RunDirectory.open(resolve(context.cwd, path));
  const models = run.run.models?.map(({ agent }) => agent) ?? [];
  const agent = wanted ?? models[0];
  if (agent === undefined || !models.includes(agent) || (wanted === undefined && models.length > 1))
    throw new UserError('replay', `replay/${reference} does not say which model's replies to repeat`, {
      hint:
        models.length === 0
          ? 'no model took part in that run'
          : `write ${models.map((one) => `replay/${path}#${one}`).join(' or ')}`,
    });
  const recorded = new Map<string, Promise<readonly ModelReply[]>>();
  const next = new Map<string, number>();
  return {
    name: `replay/${reference}`,
    async generate({ identity: { task, repeat, turn, purpose } }) {
      const sample = `${task} ${repeat}`;
      // a repeated attempt of a sample starts over
      if (turn === 1 && purpose === 'turn') next.delete(sample);
      let replies = recorded.get(sample);
      if (replies === undefined) {
        replies = load(run, { task, agent, repeat });
        recorded.set(sample, replies);
      }
      const index = next.get(sample) ?? 0;
      next.set(sample, index + 1);
      const reply = (await replies)[index];
      if (reply === undefined)
        throw new ModelError(
          'unavailable',
          `${path} has no reply ${index + 1} of ${agent} to ${task} #${repeat}`,
        );
      return reply;
    },
  };
}

async function load(
  run: RunDirectory,
  key: { task: string; agent: string; repeat: number },
): Promise<ModelReply[]> {
  const replies: ModelReply[] = [];
  for await (const { event } of readTranscript(run.transcriptPath(key)))
    if (event.type === 'reply') replies.push(event.reply);
  return replies;
}
