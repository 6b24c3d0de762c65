import { universeOfBundle } from '../../scoring/universe-of-bundle.ts';
import type { Agent } from '../agent.ts';
import { answerFile } from '../answer.ts';

/** Names every folded entity of the recording: full recall, hardly any precision. */
export const shotgun: Agent = {
  name: 'shotgun',
  summary: 'names every entity of the snapshot; shows that naming everything does not pay',
  async solve({ evidence }) {
    const { entities } = await universeOfBundle(evidence);
    return {
      submission: answerFile(entities.map((name) => ({ name, reasoning: 'it exists' }))),
      exitReason: 'submitted',
    };
  },
};
