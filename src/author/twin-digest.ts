import { createHash } from 'node:crypto';
import type { Recording } from '../capture/recording.ts';

/** A digest of what a world showed: equal worlds have equal digests. */
export async function digestOfRecording(recording: Recording): Promise<string> {
  const hash = createHash('sha256');
  const add = (part: unknown) => hash.update(`${JSON.stringify(part)}\n`);
  add(recording.window);
  for (const part of [...recording.changes, ...recording.events, ...recording.alerts]) add(part);
  add(recording.topology);
  for await (const log of recording.logs()) {
    add([log.namespace, log.pod, log.container]);
    for await (const line of log.lines) add([line.timeMs, line.text]);
  }
  return `sha256:${hash.digest('hex')}`;
}
