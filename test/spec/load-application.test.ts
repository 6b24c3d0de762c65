import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { formatDiagnostic } from '../../src/base/diagnostics.ts';
import { loadApplication } from '../../src/spec/load-application.ts';

const testdata = join(import.meta.dirname, 'testdata', 'application-small');
const folders: string[] = [];

/** A copy of the small application with texts replaced: `[file, before, after]`. */
async function variant(
  ...edits: readonly (readonly [file: string, before: string, after: string])[]
): Promise<string> {
  const folder = join(await mkdtemp(join(tmpdir(), 'application-')), 'small');
  folders.push(folder);
  await cp(testdata, folder, { recursive: true });
  for (const [file, before, after] of edits) {
    const text = await readFile(join(folder, file), 'utf8');
    expect(text).toContain(before);
    await writeFile(join(folder, file), text.replace(before, after));
  }
  return folder;
}

async function mistakes(folder: string): Promise<string[]> {
  const { diagnostics } = await loadApplication(folder);
  return diagnostics.map((diagnostic) => formatDiagnostic(diagnostic).replace(`${folder}/`, ''));
}

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(join(folder, '..'), { recursive: true });
});

describe('loadApplication', () => {
  it('loads a whole application, namespaces first and workloads after what they use', async () => {
    const loaded = await loadApplication(await variant());
    expect(loaded.diagnostics).toEqual([]);
    if (!loaded.ok) return;
    expect(loaded.value.manifests.map((object) => object.kind)).toEqual([
      'Namespace',
      'ConfigMap',
      'Service',
      'Service',
      'Deployment',
      'Deployment',
      'Deployment',
    ]);
    expect([...loaded.value.programs.keys()]).toEqual([
      'registry.example/back',
      'registry.example/front',
      'registry.example/users',
    ]);
    expect(loaded.value.rules).toContain('Watchdog');
  });

  it('reports mistakes of several files at once, each at its place', async () => {
    const folder = await variant(
      ['application.yaml', 'service: front', 'service: frnt'],
      ['manifests/all.yaml', 'image: registry.example/back:1.1.0', 'image: registry.example/back:9.9.9'],
      ['manifests/all.yaml', 'BACK_TIMEOUT: 2s', 'BACK_TIMEOUT: soon'],
      ['programs/front.yaml', 'route: GET /items', 'route: GET /itms'],
    );
    expect(await mistakes(folder)).toEqual([
      'manifests/all.yaml:34:11 APP031 container front: BACK_TIMEOUT is "soon", which is not a valid duration',
      'manifests/all.yaml:23:1 APP042 front: upstream back (back:8080): back does not serve "GET /itms" — it serves: GET /items',
      'manifests/all.yaml:54:18 APP021 registry.example/back has no release "9.9.9" — released: 1.0.0, 1.1.0',
      'application.yaml:6:34 APP060 no Service "frnt" in web',
    ]);
  });

  it.each([
    [
      'a Service that selects nothing',
      'manifests/all.yaml',
      'selector: { app: back }',
      'selector: { app: bak }',
      'APP050',
    ],
    [
      'a target port nobody listens on',
      'manifests/all.yaml',
      'targetPort: http }] } # back',
      'targetPort: 9999 }] }',
      'APP051',
    ],
    [
      'an address without a Service',
      'manifests/all.yaml',
      'BACK_ADDRESS: back:8080',
      'BACK_ADDRESS: bakc:8080',
      'APP040',
    ],
    [
      'a required setting that is missing',
      'manifests/all.yaml',
      'BACK_ADDRESS: back:8080',
      'BACK_TIMEOUT_2: 1s',
      'APP030',
    ],
    [
      'an image without a program',
      'manifests/all.yaml',
      'registry.example/back:1.1.0',
      'registry.example/bakc:1.1.0',
      'APP020',
    ],
    ['an undeclared upstream', 'programs/front.yaml', 'call: back', 'call: bakc', 'APP070'],
    [
      'an undeclared setting',
      'programs/front.yaml',
      'timeoutMs: $BACK_TIMEOUT',
      'timeoutMs: $BACK_TIMEUOT',
      'APP071',
    ],
    ['an unknown field of a program', 'programs/front.yaml', 'startupMs:', 'startUpMs:', 'SCH001'],
    [
      'an object defined twice',
      'manifests/all.yaml',
      'name: users, namespace',
      'name: back, namespace',
      'APP010',
    ],
  ])('finds %s', async (_what, file, before, after, code) => {
    expect((await mistakes(await variant([file, before, after]))).join('\n')).toContain(` ${code} `);
  });

  it('says which file is missing', async () => {
    const folder = await variant();
    await rm(join(folder, 'rules.yaml'));
    expect(await mistakes(folder)).toEqual(['rules.yaml:1:1 APP001 the file does not exist']);
  });
});
