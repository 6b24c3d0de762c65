import type { SuiteRule } from '../finding.ts';

export const descriptionDiffers: SuiteRule = {
  scope: 'suite',
  code: 'LEK105',
  name: 'description-differs',
  finds:
    'alert rules, or a README beyond its window and what was thinned, that differ from those of the other tasks',
  why: 'what describes the evidence must be the same for every task of an application; a rule written for one task points at its fault',
  *check(bundles) {
    for (const path of ['public/alert-rules.yaml', 'public/README.md']) {
      const texts = new Map(bundles.map((bundle) => [bundle, withoutWindow(bundle.file(path)?.text ?? '')]));
      const counts = new Map<string, number>();
      for (const text of texts.values()) counts.set(text, (counts.get(text) ?? 0) + 1);
      const [usual = ''] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0]);
      for (const [bundle, text] of texts) {
        if (text === usual) continue;
        const expected = usual.split('\n');
        const lines = text.split('\n');
        const line = lines.findIndex((one, index) => one !== expected[index]);
        yield {
          bundle,
          file: path,
          line: line < 0 ? lines.length : line + 1,
          message: 'differs from that of the other tasks',
        };
      }
    }
  },
};

/** A README without what rightly differs: times, the share of traces, thinned logs, whether changes are granted. */
function withoutWindow(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'CANARY')
    .replaceAll(/; of those, one in \d+ is here/g, '')
    .replaceAll(/^\| `changes\.jsonl` .*\n/gm, '')
    .replace(/\nOf these logs not all[\s\S]*$/, '');
}
