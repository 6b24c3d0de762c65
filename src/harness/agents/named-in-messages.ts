import type { PublicBundle } from '../../snapshot/public-reader.ts';
import { add, heuristic, suspectsOf } from './heuristic.ts';
import { entitiesOf } from './signals/entities.ts';
import { errorLinesOf } from './signals/error-lines.ts';
import { spansOf } from './signals/spans.ts';
import { vocabularyOf } from './signals/vocabulary.ts';

/** A complaint: who makes it, when, and in which words. */
interface Message {
  readonly from: string;
  readonly namespace: string | undefined;
  readonly timeMs: number;
  readonly text: string;
  readonly count: number;
}

/** Where the incident begins is not known; this much of the window is taken for ordinary. */
const ordinary = 0.3;

/**
 * Greps everything that complains for the name of every object and every setting, and blames what is named often by few:
 * term frequency times inverse document frequency, so that the one line about a quota is not lost among a thousand about
 * a service. It reads three kinds of evidence and weighs them, hence no trivial solver.
 */
export const namedInMessages = heuristic({
  name: 'named-in-messages',
  summary:
    'names the object of any kind whose name or setting stands out in error logs, warnings and failed spans',
  level: 'simple',
  evidence: 'logs/',
  async suspects(evidence) {
    const startMs = Date.parse(evidence.manifest.window.start);
    const endMs = Date.parse(evidence.manifest.window.end);
    const cutMs = startMs + ordinary * (endMs - startMs);
    const { mentioned } = await vocabularyOf(evidence);
    const [before, after] = [new Map<string, number>(), new Map<string, number>()];
    let messages = 0;
    for (const { from, namespace, timeMs, text, count } of await messagesOf(evidence)) {
      if (timeMs >= cutMs) messages += count;
      // everybody signs with his own name
      for (const entity of mentioned(text, namespace))
        if (entity !== from) add(timeMs < cutMs ? before : after, entity, count);
    }
    const weights = [...after].map(([entity, count]) => {
      const more = count - (before.get(entity) ?? 0) * ((1 - ordinary) / ordinary);
      return [entity, more <= 0 ? 0 : Math.log1p(more) * Math.log1p(messages / more)] as const;
    });
    return suspectsOf(
      weights,
      (weight) => `stands out in ${messages} messages about failures (${weight.toFixed(1)})`,
    );
  },
});

async function messagesOf(evidence: PublicBundle): Promise<readonly Message[]> {
  const { universe, outside } = await entitiesOf(evidence);
  const messages: Message[] = (await errorLinesOf(evidence)).map(({ entity, namespace, time, text }) => ({
    from: entity,
    namespace,
    timeMs: Date.parse(time),
    text,
    count: 1,
  }));
  const startMs = Date.parse(evidence.manifest.window.start);
  for await (const event of evidence.events()) {
    const { kind, name, namespace } = event.involvedObject;
    const { lastTimestamp: last } = event as { lastTimestamp?: unknown };
    const timeMs = typeof last === 'string' ? Date.parse(last) : startMs;
    if (event.type !== 'Warning' || !kind || !name || !event.message || timeMs < startMs) continue;
    messages.push({
      from: universe.fold(`${namespace ?? 'cluster'}/${kind}/${name}`),
      namespace,
      timeMs,
      text: event.message,
      count: event.count ?? 1,
    });
  }
  for (const { entity, namespace, startMs: timeMs, says } of await spansOf(evidence))
    if (says !== undefined && !outside.has(entity))
      messages.push({ from: entity, namespace, timeMs, text: says, count: 1 });
  return messages;
}
