import type { Checked, Diagnostic } from '../base/diagnostics.ts';
import { parseDuration } from '../base/duration.ts';
import { inFileOrder, type LoadedFile, loadFile } from './load-file.ts';
import { memberName, Panel } from './panel.ts';
import { jsonPointer } from './source-document.ts';

/** Loads a reference panel: form, distinct members, rounds and times that make sense; every mistake at once. */
export async function loadPanel(path: string): Promise<Checked<LoadedFile<Panel>>> {
  const loaded = await loadFile<Panel>(path, { kind: 'Panel', schema: Panel });
  if (!loaded.ok) return loaded;
  const { value: panel, source } = loaded.value;
  const diagnostics: Diagnostic[] = [];
  const report = (code: string, pointer: string, message: string, hint?: string) =>
    diagnostics.push({ severity: 'error', code, location: source.locate(pointer), message, hint });

  const seen = new Set<string>();
  for (const [index, member] of panel.members.entries()) {
    const name = memberName(member);
    if (seen.has(name))
      report(
        'PAN001',
        jsonPointer('members', index),
        `two members are called "${name}"`,
        'tell them apart with the field "name"',
      );
    seen.add(name);
  }
  const { least, most } = panel.repeats;
  if (least > most) report('PAN002', '/repeats/most', `at most ${most} rounds, but at least ${least}`);
  const time = panel.limits?.time;
  if (time !== undefined && !parseDuration(time))
    report('PAN003', '/limits/time', `"${time}" leaves a sample no time`, 'such as 30m');
  return diagnostics.length > 0 ? { ok: false, diagnostics: inFileOrder(diagnostics) } : loaded;
}
