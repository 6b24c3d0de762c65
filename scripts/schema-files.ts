import { catalogue } from '../src/fault/catalogue.ts';
import { cover } from '../src/fault/cover.ts';
import { distractors } from '../src/fault/distractors.ts';
import { ApplicationFile, HistoryFile } from '../src/spec/application.ts';
import { toJsonSchema } from '../src/spec/json-schema.ts';
import { Panel } from '../src/spec/panel.ts';
import { PriceFile } from '../src/spec/prices.ts';
import { ClusterProfile } from '../src/spec/profile.ts';
import { Program } from '../src/spec/program.ts';
import { Scenario, Suite } from '../src/spec/scenario.ts';
import { Script } from '../src/spec/script.ts';
import { ScenarioTemplate } from '../src/spec/template.ts';

const formats: Readonly<Record<string, { title: string; schema: object }>> = {
  application: { title: 'Application', schema: ApplicationFile },
  'cluster-profile': { title: 'Cluster profile', schema: ClusterProfile },
  history: { title: 'History of an application', schema: HistoryFile },
  panel: { title: 'Reference panel of models', schema: Panel },
  prices: { title: 'Prices of models', schema: PriceFile },
  program: { title: 'Program of a service', schema: Program },
  scenario: { title: 'Scenario', schema: Scenario },
  'scenario-template': { title: 'Template of scenarios', schema: ScenarioTemplate },
  script: { title: 'Replies of a scripted model', schema: Script },
  suite: { title: 'Suite of scenarios', schema: Suite },
};

/** Every generated schema: path below `schemas/` and text. */
export async function schemaFiles(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const [name, { title, schema }] of Object.entries(formats))
    files.set(`${name}.schema.json`, text(title, schema));
  for (const [folder, registry] of Object.entries({ faults: catalogue, distractors, cover }))
    for (const [name, { summary, schema }] of registry.entries())
      files.set(`${folder}/${name}.schema.json`, text(`Arguments of ${name}: ${summary}`, schema));
  return files;
}

function text(title: string, schema: object): string {
  return `${JSON.stringify({ $schema: 'https://json-schema.org/draft/2020-12/schema', title, ...toJsonSchema(schema) }, undefined, 2)}\n`;
}
