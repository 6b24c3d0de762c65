import { parseEntityName } from '../../entity/entity-name.ts';
import type { Universe } from '../../entity/universe.ts';
import { oracleSubmission } from '../../scoring/oracle.ts';
import type { GroundTruth } from '../../spec/bundle.ts';
import { spellingsOf } from './spellings.ts';

/** An answer whose score is known before it is scored. */
export interface Mutation {
  readonly name: string;
  /** `agent_output.json`; undefined: none was written. */
  readonly submission: string | Uint8Array | undefined;
  /** The score it must have, under the policy `collapse`. */
  readonly expected: number;
}

/**
 * Answers derived from the truth, with their scores by the definition of the metric (0 unless every cause is named,
 * else causes over entities named) and not by the scorer that is tested.
 */
export function mutationsOf(truth: GroundTruth, universe: Universe): readonly Mutation[] {
  return [...invalid(), ...(truth.rootCauses.length === 0 ? ofControl(universe) : ofCauses(truth, universe))];
}

function invalid(): readonly Mutation[] {
  const zero = (name: string, submission: string | Uint8Array | undefined) => ({
    name,
    submission,
    expected: 0,
  });
  return [
    zero('nop: no answer file', undefined),
    zero('malformed: not JSON', '{"contributing_factors": ['),
    zero('malformed: no list', '{"contributing_factors": {}}'),
    zero('malformed: names are no text', '{"contributing_factors": [{"name": 7}]}'),
    zero('malformed: another format', '{"root_cause": "x"}'),
    zero('malformed: not UTF-8', new Uint8Array([0xff, 0xfe, 0x00])),
    zero('prose', 'The root cause is the deployment that was rolled out at noon.'),
  ];
}

function ofControl(universe: Universe): readonly Mutation[] {
  return [
    { name: 'the empty list', submission: answer([]), expected: 1 },
    { name: 'one entity', submission: answer(universe.entities.slice(0, 1)), expected: 0 },
    { name: 'shotgun', submission: answer(universe.entities), expected: 0 },
    { name: 'a name of nothing', submission: answer(['nowhere/Deployment/nothing']), expected: 0 },
  ];
}

function ofCauses(truth: GroundTruth, universe: Universe): readonly Mutation[] {
  const causes = truth.rootCauses.map(({ entity }) => entity);
  const n = causes.length;
  const right = new Set(truth.rootCauses.flatMap(({ entity, accepted }) => [entity, ...accepted]));
  const wrong = (entity: string) => !right.has(entity);
  const symptoms = truth.symptoms.map(({ entity }) => entity).filter(wrong);
  const distractors = truth.distractors.map(({ entity }) => entity).filter(wrong);
  const triggers = truth.triggers.filter(wrong);
  const unrelated = universe.entities.find(
    (entity) => wrong(entity) && ![...symptoms, ...distractors, ...triggers].includes(entity),
  );
  const mutations: Mutation[] = [];
  const expect = (expected: number, name: string, names: readonly string[]) =>
    mutations.push({ name, submission: answer(names), expected });
  const without = (cause: string, ...instead: string[]) => [
    ...causes.filter((one) => one !== cause),
    ...instead,
  ];

  mutations.push({ name: 'oracle', submission: oracleSubmission(truth), expected: 1 });
  expect(0, 'the empty list', []);
  expect(1, 'another order', [...causes].reverse());
  expect(1, 'every cause twice', [...causes, ...causes]);
  const accepted = universe.entities.filter((entity) => right.has(entity)).length;
  expect(n / (universe.entities.length - Math.max(0, accepted - n)), 'shotgun', universe.entities);
  if (unrelated !== undefined) {
    expect(n / (n + 1), 'one unrelated entity more', [...causes, unrelated]);
    expect(n / (n + 1), 'one unrelated entity more, twice', [...causes, unrelated, unrelated]);
  }
  expect(n / (n + 1), 'a name of nothing more', [...causes, 'nowhere/Deployment/nothing']);
  for (const cause of causes) {
    expect(0, `without ${cause}`, without(cause));
    const symptom = symptoms[0];
    if (symptom !== undefined) expect(0, `${symptom} for ${cause}`, without(cause, symptom));
    for (const [what, text] of misnamed(cause, universe, right))
      expect(0, `${what} for ${cause}`, without(cause, text));
    for (const { how, text } of spellingsOf(cause, universe))
      expect(1, `${cause}, ${how}: ${text}`, without(cause, text));
  }
  for (const cause of truth.rootCauses)
    for (const other of cause.accepted)
      expect(1, `${other}, accepted for ${cause.entity}`, without(cause.entity, other));
  for (const [role, entities] of Object.entries({
    symptom: symptoms,
    distractor: distractors,
    trigger: triggers,
  }))
    for (const entity of new Set(entities)) {
      expect(0, `the ${role} ${entity} alone`, [entity]);
      expect(n / (n + 1), `the ${role} ${entity} more`, [...causes, entity]);
    }
  return mutations;
}

/** The cause with a wrong namespace and with a wrong kind. */
function misnamed(
  cause: string,
  universe: Universe,
  right: ReadonlySet<string>,
): readonly (readonly [what: string, text: string])[] {
  const ref = parseEntityName(cause);
  if (ref === undefined) return [];
  const other = universe.members.find(
    ({ ref: { namespace } }) => namespace !== undefined && namespace !== ref.namespace,
  )?.ref.namespace;
  const kind = ref.kind === 'PersistentVolumeClaim' ? 'Secret' : 'PersistentVolumeClaim';
  const candidates: (readonly [string, string])[] = [
    ['wrong kind', `${ref.namespace ?? 'default'}/${kind}/${ref.name}`],
  ];
  // the namespace of cluster-scoped kinds is forgiven
  if (ref.namespace !== undefined && other !== undefined)
    candidates.push(['wrong namespace', `${other}/${ref.kind}/${ref.name}`]);
  return candidates.filter(([, text]) => !right.has(text));
}

function answer(names: readonly string[]): string {
  return JSON.stringify({
    contributing_factors: names.map((name) => ({ name, reasoning: '', evidence: '' })),
  });
}
