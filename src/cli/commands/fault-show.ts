import { stringify } from 'yaml';
import type { ClusterView } from '../../fault/fault.ts';
import { holdText } from '../../fault/takes-hold.ts';
import { viewFromManifests } from '../../fault/view.ts';
import { toJsonSchema } from '../../spec/json-schema.ts';
import { loadApplication } from '../../spec/load-application.ts';
import { requireApplication } from '../../spec/workspace.ts';
import type { CommonOptions, Io } from '../io.ts';
import { argumentsOf, mechanismOf } from '../mechanisms.ts';
import { formatTable } from '../table.ts';
import { wrapText } from '../wrap-text.ts';

/** `culprit fault show NAME`: what it does, its arguments, and an example to paste into a scenario. */
export async function faultShow(
  options: CommonOptions & { name: string; application: string },
  io: Io,
): Promise<number> {
  const { type, name, category, tags, item } = mechanismOf(options.name);
  const list = argumentsOf(item);
  if (options.json) {
    const { summary, description, requires } = item;
    io.stdout.write(
      `${JSON.stringify({ type, name, category, tags, summary, description, requires, schema: toJsonSchema(item.schema) }, undefined, 2)}\n`,
    );
    return 0;
  }
  const facts = [
    `type: ${type}`,
    category && `category: ${category}`,
    tags.length > 0 && `tags: ${tags.join(', ')}`,
    `needs: ${item.requires.join(', ') || 'nothing special'}`,
  ];
  const rows = list.map((argument) => [
    argument.name,
    argument.type,
    argument.required
      ? 'yes'
      : argument.default === undefined
        ? 'no'
        : `no, default ${JSON.stringify(argument.default)}`,
    argument.description,
  ]);
  const parts = [
    `${name}: ${item.summary}\n`,
    `${facts.filter(Boolean).join('; ')}\n`,
    `${wrapText(item.description, 100)}\n`,
    rows.length > 0 ? formatTable(['argument', 'type', 'required', 'meaning'], rows) : 'no arguments\n',
  ];
  const view = await viewOf(options.application, io.cwd);
  const suggested = view && item.suggest?.(view);
  if (view !== undefined && suggested !== undefined && type === 'fault')
    parts.push(`${wrapText(`The example below ${holdText(item.plan(suggested, view))}`, 100)}\n`);
  // those of the schema where nothing in the application suits
  const example = suggested ?? ((toJsonSchema(item.schema).examples ?? []) as readonly unknown[])[0];
  if (example !== undefined)
    parts.push(
      `in a scenario:\n\n${stringify({ [type === 'cover' ? 'cover' : `${type}s`]: [{ [type]: name, ...(type === 'cover' && { at: '-3m' }), args: example }] })}`,
    );
  io.stdout.write(parts.join('\n'));
  return 0;
}

/** The application as its manifests have it; `undefined` if they have mistakes. */
async function viewOf(application: string, cwd: string): Promise<ClusterView | undefined> {
  const loaded = await loadApplication(await requireApplication(application, cwd));
  return loaded.ok ? viewFromManifests(loaded.value) : undefined;
}
