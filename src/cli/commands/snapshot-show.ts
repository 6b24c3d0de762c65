import { resolve } from 'node:path';
import { readPrivate } from '../../snapshot/private/truth.ts';
import { type BundleOverview, showBundle } from '../../snapshot/show-bundle.ts';
import { counterfactualText } from '../counterfactual-text.ts';
import { readIdentities } from '../identities.ts';
import type { CommonOptions, Io } from '../io.ts';
import { formatTable } from '../table.ts';
import { sizeText } from './snapshot-verify.ts';

/** `culprit snapshot show BUNDLE [--truth]`: what is in a bundle; the private part only when asked for. */
export async function snapshotShow(
  options: CommonOptions & { bundle: string; truth?: boolean; identity?: readonly string[] },
  io: Io,
): Promise<number> {
  const path = resolve(io.cwd, options.bundle);
  const overview = await showBundle(path);
  const truth = options.truth
    ? await readPrivate(path, await readIdentities(options.identity, io))
    : undefined;
  if (options.json) {
    const { groundTruth, effects, counterfactuals, provenance } = truth ?? {};
    io.stdout.write(
      `${JSON.stringify({ ...overview, ...(truth ? { groundTruth, effects, counterfactuals, provenance } : {}) }, undefined, 2)}\n`,
    );
    return 0;
  }
  io.stdout.write(overviewText(overview));
  if (truth !== undefined) {
    const { rootCauses, symptoms, distractors, triggers } = truth.groundTruth;
    io.stdout.write('\nThe truth (private)\n');
    if (rootCauses.length === 0) io.stdout.write('  no cause: a control\n');
    for (const { entity, fault, summary } of rootCauses)
      io.stdout.write(`  root cause  ${entity}  ${fault}: ${summary}\n`);
    for (const entity of triggers) io.stdout.write(`  trigger     ${entity}\n`);
    for (const { entity, signals } of symptoms)
      io.stdout.write(`  symptom     ${entity}  ${signals.join(', ')}\n`);
    for (const { entity, summary } of distractors) io.stdout.write(`  distractor  ${entity}  ${summary}\n`);
    io.stdout.write(`\n${counterfactualText(truth.counterfactuals)}`);
  }
  return 0;
}

function overviewText(overview: BundleOverview): string {
  const { manifest, bytes, evidence, kinds, entities, deleted, firing, warnings } = overview;
  const minutes = (Date.parse(manifest.window.end) - Date.parse(manifest.window.start)) / 60_000;
  const objects = kinds.reduce((sum, [, count]) => sum + count, 0);
  return `task ${manifest.task}: ${manifest.domain}, ${manifest.split}, application ${manifest.application}, on ${manifest.provider}
window ${manifest.window.start} to ${manifest.window.end} (${minutes.toFixed(0)} min), ${sizeText(bytes)}
public ${manifest.publicDigest}

${formatTable(
  ['evidence', 'files', 'rows', 'size'],
  evidence.map(({ name, files, rows, bytes: size }) => [
    name,
    String(files),
    rows === 0 ? '' : String(rows),
    sizeText(size),
  ]),
)}
${objects} objects (${deleted} gone at the end) in ${entities} entities: ${kinds.map(([kind, count]) => `${count} ${kind}`).join(', ')}

Firing at the end
${list(
  firing.map(
    ({ name, labels, since }) =>
      `${since}  ${name}  ${Object.entries(labels)
        .map(([label, value]) => `${label}=${value}`)
        .join(' ')}`,
  ),
)}
Warnings
${list(warnings.map(([reason, count]) => `${String(count).padStart(6)}  ${reason}`))}`;
}

function list(lines: readonly string[]): string {
  return lines.length === 0 ? '  none\n' : lines.map((line) => `  ${line}\n`).join('');
}
