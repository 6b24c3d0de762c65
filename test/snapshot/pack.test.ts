import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { pack as tarPack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { packBundles } from '../../src/snapshot/pack.ts';
import { unpackBundles, unpackLimits } from '../../src/snapshot/unpack.ts';
import { verifyBundle } from '../../src/snapshot/verify-bundle.ts';
import { smallBundle } from '../helpers/small-bundle.ts';
import { temporaryFolder } from '../helpers/small-scenario.ts';

type Header = Parameters<ReturnType<typeof tarPack>['entry']>[0];

/** An archive of any entries, also of such as no tool writes. */
async function archiveOf(file: string, entries: readonly (readonly [Header, string?])[]): Promise<string> {
  const tar = tarPack();
  const chunks: Buffer[] = [];
  const read = (async () => {
    for await (const chunk of tar) chunks.push(chunk as Buffer);
  })();
  for (const [header, content] of entries) tar.entry(header, content ?? '');
  tar.finalize();
  await read;
  await writeFile(file, zstdCompressSync(Buffer.concat(chunks)));
  return file;
}

const tree = (root: string) =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => [path.slice(root.length), readFileSync(path, 'utf8')]);

describe('pack and unpack', () => {
  it('give the same bytes for the same bundles, and the bundles back without the truth', async () => {
    await using folder = await temporaryFolder();
    const first = await smallBundle(join(folder.path, 'a'));
    const second = await smallBundle(join(folder.path, 'b'), { seed: 'ffeeddccbbaa99887766554433221100' });
    const one = await packBundles([first, second], join(folder.path, 'one.tar.zst'));
    const two = await packBundles([second, first], join(folder.path, 'two.tar.zst'));
    expect(two).toEqual(one);
    expect(await readFile(join(folder.path, 'two.tar.zst'))).toEqual(
      await readFile(join(folder.path, 'one.tar.zst')),
    );
    expect(one.truth).toBe('left out');
    const inside = zstdDecompressSync(await readFile(join(folder.path, 'one.tar.zst'))).toString('latin1');
    expect(inside).toContain(one.canary);
    expect(inside).not.toContain('ground-truth');

    const unpacked = await unpackBundles(join(folder.path, 'one.tar.zst'), join(folder.path, 'out'));
    expect(await readdir(join(folder.path, 'out'))).toEqual([...one.tasks]);
    for (const path of unpacked)
      expect(await verifyBundle(path)).toMatchObject({ private: 'absent', findings: [] });
    await rm(join(first, 'private'), { recursive: true });
    expect(tree(unpacked.find((path) => path.endsWith(first.slice(-10))) ?? '')).toEqual(tree(first));

    // unpacking twice replaces nothing
    await expect(
      unpackBundles(join(folder.path, 'one.tar.zst'), join(folder.path, 'out')),
    ).rejects.toMatchObject({
      code: 'bundle-exists',
    });
  });

  it('carry the truth when asked for, and refuse a bundle that does not verify', async () => {
    await using folder = await temporaryFolder();
    const bundle = await smallBundle(folder.path);
    const archive = join(folder.path, 'x.tar.zst');
    expect(await packBundles([bundle], archive, { includePrivate: true })).toMatchObject({
      truth: 'included',
    });
    const [path = ''] = await unpackBundles(archive, join(folder.path, 'out'));
    expect(await verifyBundle(path)).toMatchObject({ private: 'checked', findings: [] });
    await writeFile(join(bundle, 'public/alerts.jsonl'), '');
    await expect(packBundles([bundle], archive)).rejects.toMatchObject({ code: 'bundle-unsound' });
  });

  const file = (name: string) => [{ name }, 'x'] as const;
  const hostile: Record<string, readonly (readonly [Header, string?])[]> = {
    'an absolute path': [file('/etc/passwd')],
    'a path with ..': [file('abcdefghjk/public/../../../../escape')],
    'a path with a backslash': [file('abcdefghjk/public/..\\..\\escape')],
    'a path beside bundles': [file('escape.sh')],
    'a path beside public': [file('abcdefghjk/.bashrc')],
    'an empty part': [file('abcdefghjk/public//x')],
    'a symbolic link': [[{ name: 'abcdefghjk/public', type: 'symlink', linkname: '/tmp' }]],
    'a hard link': [[{ name: 'abcdefghjk/public/x', type: 'link', linkname: '/etc/passwd' }]],
    'a device': [[{ name: 'abcdefghjk/public/x', type: 'character-device' }]],
    'a file twice': [file('abcdefghjk/manifest.json'), file('abcdefghjk/manifest.json')],
    'a file that is a folder too': [file('abcdefghjk/public/x'), file('abcdefghjk/public/x/y')],
    'too many folders': [file(`abcdefghjk/public/${'d/'.repeat(20)}x`)],
    'what is no bundle': [file('abcdefghjk/manifest.json')],
    'nothing at all': [],
  };
  it.each(Object.keys(hostile))('refuse %s and leave nothing behind', async (name) => {
    await using folder = await temporaryFolder();
    const archive = await archiveOf(join(folder.path, 'hostile.tar.zst'), hostile[name] ?? []);
    const out = join(folder.path, 'deep/er/out');
    await expect(unpackBundles(archive, out)).rejects.toMatchObject({ code: 'archive' });
    expect(await readdir(out)).toEqual([]);
    expect(await readdir(folder.path)).toEqual(['deep', 'hostile.tar.zst']);
  });

  it('refuse bombs, before they are unpacked', async () => {
    await using folder = await temporaryFolder();
    const out = join(folder.path, 'out');
    const limits = { ...unpackLimits, fileBytes: 1000, totalBytes: 100_000, headerBytes: 20_000, files: 3 };
    const refuse = async (entries: readonly (readonly [Header, string?])[], message: RegExp) => {
      const archive = await archiveOf(join(folder.path, 'bomb.tar.zst'), entries);
      await expect(unpackBundles(archive, out, limits)).rejects.toThrow(message);
      expect(await readdir(out)).toEqual([]);
    };
    const at = (name: string) => `abcdefghjk/public/${name}`;
    await refuse([[{ name: at('big') }, '0'.repeat(1001)]], /larger than 1000 bytes/);
    await refuse(
      ['a', 'b', 'c', 'd'].map((name) => [{ name: at(name) }, 'x']),
      /more than 3 files/,
    );
    await refuse(
      [[{ name: at('a'), pax: { comment: '0'.repeat(60_000) } }, 'x']],
      /says more than 20000 bytes/,
    );
    await refuse([[{ name: at('a'), type: 'directory' }], ...zeros()], /holds more than|says more than/);
  });

  it('refuse what is cut off or no archive', async () => {
    await using folder = await temporaryFolder();
    const archive = join(folder.path, 'x.tar.zst');
    await packBundles([await smallBundle(folder.path)], archive);
    const whole = await readFile(archive);
    for (const part of [whole.subarray(0, whole.length >> 1), Buffer.from('no archive'), Buffer.alloc(0)]) {
      await writeFile(archive, part);
      await expect(unpackBundles(archive, join(folder.path, 'out'))).rejects.toMatchObject({
        code: 'archive',
      });
    }
    await expect(unpackBundles(join(folder.path, 'none'), join(folder.path, 'out'))).rejects.toMatchObject({
      code: 'archive',
    });
  });
});

/** Folders without end: nothing of them is written, and still they are limited. */
function zeros(): (readonly [Header, string?])[] {
  return Array.from({ length: 300 }, (_, index) => [
    { name: `abcdefghjk/public/${index}`, type: 'directory' },
  ]);
}
