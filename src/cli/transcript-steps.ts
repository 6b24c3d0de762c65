import type { Message, ReplyPart } from '../harness/models/model.ts';
import type { TranscriptEvent, TranscriptLine } from '../harness/transcript.ts';
import type { TranscriptStep } from '../report/report-data.ts';

/** Characters of one step in a report. */
const stepCharacters = 6000;

/**
 * A transcript as steps to read, in at most about as many characters: what is too long is cut in its middle, and says
 * so. `where`: what to tell about the place of the whole.
 */
export async function transcriptSteps(
  lines: AsyncIterable<TranscriptLine>,
  characters: number,
  where: string,
): Promise<TranscriptStep[]> {
  const steps: TranscriptStep[] = [];
  for await (const { atMs, event } of lines)
    for (const { title, text } of stepsOf(event))
      steps.push({ atMs, title, text: cut(text, Math.min(stepCharacters, characters)) });
  const fits = (from: readonly TranscriptStep[], room: number) => {
    let left = room;
    let count = 0;
    for (const { title, text } of from) {
      left -= title.length + text.length;
      if (left < 0) break;
      count++;
    }
    return count;
  };
  const head = fits(steps, characters / 2);
  const tail = fits(steps.slice(head).reverse(), characters / 2);
  const dropped = steps.length - head - tail;
  if (dropped === 0) return steps;
  const note = {
    atMs: steps[head]?.atMs ?? 0,
    title: `${dropped} steps are left out here; all of it: ${where}`,
    text: '',
  };
  return [...steps.slice(0, head), note, ...steps.slice(steps.length - tail)];
}

type Step = Omit<TranscriptStep, 'atMs'>;

function stepsOf(event: TranscriptEvent): Step[] {
  switch (event.type) {
    case 'started':
      return [
        {
          title: `started, attempt ${event.attempt}`,
          text: event.settings === undefined ? '' : json(event.settings),
        },
      ];
    case 'prompt':
      return event.messages.flatMap(messageSteps);
    case 'reply':
      return event.reply.parts.map((part) => ({
        ...partStep(part),
        title: `turn ${event.turn}${event.purpose === 'summary' ? ', summary' : ''}: ${partStep(part).title}`,
      }));
    case 'tool-result': {
      const ended = [
        event.exitCode !== undefined && `exit code ${event.exitCode}`,
        event.timedOut && 'timed out',
        event.outOfMemory && 'out of memory',
        event.truncated && 'shortened for the model',
        event.result.isError && 'error',
      ].filter((text) => typeof text === 'string');
      return [
        {
          title: [`turn ${event.turn}: result of ${event.result.name}`, ...ended].join(', '),
          text: event.result.text,
        },
      ];
    }
    case 'notice':
      return [{ title: `turn ${event.turn}: the harness says`, text: event.text }];
    case 'compacted':
      return [
        {
          title: `turn ${event.turn}: conversation shortened (${event.reason}), ${event.droppedTurns} turns dropped`,
          text: '',
        },
      ];
    case 'finished':
      return [{ title: `finished: ${event.exitReason}`, text: event.detail ?? '' }];
    case 'note':
      return [{ title: 'note', text: json(event.note) }];
    case 'retry': {
      const { type, turn, ...rest } = event;
      return [{ title: `turn ${turn}: request repeated`, text: json(rest) }];
    }
  }
}

function messageSteps(message: Message): Step[] {
  if (message.role === 'assistant') return message.parts.map(partStep);
  if (message.role === 'tool')
    return message.results.map(({ name, text }) => ({ title: `result of ${name}`, text }));
  return [{ title: message.role, text: message.text }];
}

function partStep(part: ReplyPart): Step {
  if (part.type !== 'tool-call') return { title: part.type === 'text' ? 'says' : 'thinks', text: part.text };
  return { title: `calls ${part.name}`, text: argumentsText(part.arguments) };
}

/** A command as it would be typed; anything else as JSON. */
function argumentsText(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) {
      const values: unknown[] = Object.values(value);
      return values.length === 1 && typeof values[0] === 'string' ? values[0] : json(value);
    }
  } catch {
    // as the model wrote it
  }
  return text;
}

function json(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}

function cut(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const half = Math.floor(characters / 2);
  return `${text.slice(0, half)}\n[… ${text.length - 2 * half} characters …]\n${text.slice(-half)}`;
}
