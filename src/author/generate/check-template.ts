import { dirname } from 'node:path';
import type { Checked, Diagnostic } from '../../base/diagnostics.ts';
import { sha256 } from '../../base/hash.ts';
import { nearest } from '../../base/nearest.ts';
import type { Application } from '../../spec/application.ts';
import { loadApplication } from '../../spec/load-application.ts';
import { inFileOrder, loadFile } from '../../spec/load-file.ts';
import { checkScenarioForm } from '../../spec/load-scenario.ts';
import { jsonPointer, type SourceDocument } from '../../spec/source-document.ts';
import { ScenarioTemplate } from '../../spec/template.ts';
import { findApplication, listApplications } from '../../spec/workspace.ts';
import { type Choice, choicesOf, type Space } from './choices.ts';
import { variableIn } from './compose.ts';
import { variantDocument } from './variant.ts';

/** A template without mistakes of form, with all that can be chosen. */
export interface CheckedTemplate {
  readonly path: string;
  readonly template: ScenarioTemplate;
  readonly source: SourceDocument;
  /** Of the file's text. */
  readonly digest: string;
  readonly application: Application;
  readonly space: Space;
}

/**
 * Loads a template: its form, its names, and the form of the scenarios that every alternative leads to, all mistakes at
 * once with their places in the template. What a combination means is found out when it is its turn.
 */
export async function checkTemplate(path: string): Promise<Checked<CheckedTemplate>> {
  const loaded = await loadFile<ScenarioTemplate>(path, {
    kind: 'ScenarioTemplate',
    schema: ScenarioTemplate,
  });
  if (!loaded.ok) return loaded;
  const { value: template, source } = loaded.value;
  const diagnostics: Diagnostic[] = [...namesOf(template, source)];
  const found = await applicationOf(template, source, path);
  diagnostics.push(...found.diagnostics);
  if (!found.ok) return { ok: false, diagnostics: inFileOrder(diagnostics) };

  const space = choicesOf(template, found.value.manifests);
  diagnostics.push(...emptyOnes(template, source, space), ...forms(template, source, space));
  if (diagnostics.some(({ severity }) => severity === 'error'))
    return { ok: false, diagnostics: inFileOrder(diagnostics) };
  const value = { path, template, source, digest: sha256(source.text), application: found.value, space };
  return { ok: true, value, diagnostics };
}

function* namesOf(template: ScenarioTemplate, source: SourceDocument): Generator<Diagnostic> {
  for (const [list, { from }] of template.choose.entries())
    for (const [index, { merge, where = {} }] of from.entries()) {
      const at = jsonPointer('choose', list, 'from', index);
      const used = new Map(texts(merge, `${at}/merge`));
      for (const [pointer, name] of used)
        if (!Object.hasOwn(where, name)) {
          const near = nearest(name, Object.keys(where));
          yield {
            severity: 'error',
            code: 'TPL001',
            location: source.locate(pointer),
            message: `"$${name}" is not among the names of "where"`,
            hint: near
              ? `did you mean "$${near}"?`
              : 'a text that begins with $ stands for a value of "where"',
          };
        }
      const names = new Set(used.values());
      for (const name of Object.keys(where))
        if (!names.has(name))
          yield {
            severity: 'error',
            code: 'TPL002',
            location: source.locateKey(`${at}/where/${name}`),
            message: `"${name}" is used nowhere, and would make variants that are alike`,
            hint: `write $${name} in "merge", or leave it out`,
          };
    }
}

/** Pointers of all texts that stand for a value, with the name. */
function* texts(value: unknown, at: string): Generator<readonly [pointer: string, name: string]> {
  if (typeof value === 'string') {
    const name = variableIn(value);
    if (name !== undefined) yield [at, name];
  } else if (typeof value === 'object' && value !== null)
    for (const [key, member] of Object.entries(value)) yield* texts(member, at + jsonPointer(key));
}

async function applicationOf(
  { base }: ScenarioTemplate,
  source: SourceDocument,
  path: string,
): Promise<Checked<Application>> {
  const { application: name } = base;
  const folder = typeof name === 'string' ? await findApplication(name, dirname(path)) : undefined;
  if (folder !== undefined) return loadApplication(folder);
  const known = await listApplications(dirname(path));
  const near = typeof name === 'string' ? nearest(name, known) : undefined;
  const diagnostic: Diagnostic = {
    severity: 'error',
    code: 'TPL003',
    location: source.locate('/base/application'),
    message:
      name === undefined
        ? 'the base names no application, and all variants are of one'
        : `there is no application ${JSON.stringify(name)}`,
    hint: near ? `did you mean "${near}"?` : `known: ${known.join(', ')}`,
  };
  return { ok: false, diagnostics: [diagnostic] };
}

function* emptyOnes(template: ScenarioTemplate, source: SourceDocument, space: Space): Generator<Diagnostic> {
  for (const [list, { from }] of template.choose.entries())
    for (const [index, { where = {} }] of from.entries()) {
      if (space[list]?.some((choices) => choices[0]?.alternative === index)) continue;
      yield {
        severity: 'error',
        code: 'TPL004',
        location: source.locate(jsonPointer('choose', list, 'from', index, 'where')),
        message: `no object of the application is meant by ${Object.keys(where).join(' and ')}`,
        hint: 'look at kind, namespaces and except',
      };
    }
}

/** Every alternative once, with the first of the other lists. */
function forms(template: ScenarioTemplate, source: SourceDocument, space: Space): readonly Diagnostic[] {
  const first = space.map(([alternative]) => alternative?.[0]);
  const seen = new Set<string>();
  const identity = { name: 'any', seed: '0'.repeat(32), isHeldOut: false };
  return space.flatMap((alternatives, list) =>
    alternatives.flatMap(([choice]) => {
      const choices = first.map((other, index) => (index === list ? choice : other));
      const document = variantDocument(template, source, choices.filter(isChoice), identity);
      return checkScenarioForm(document).diagnostics.filter(
        (one) => !seen.has(JSON.stringify(one)) && seen.add(JSON.stringify(one)),
      );
    }),
  );
}

function isChoice(choice: Choice | undefined): choice is Choice {
  return choice !== undefined;
}
