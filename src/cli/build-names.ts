import { readFile } from 'node:fs/promises';
import type { BuildOutcome, BuiltTask } from '../author/build-pool.ts';
import type { BundleLint } from '../gate/lint/lint-bundles.ts';

/** How scenarios are called in what a build prints. */
export interface BuildNames {
  /** The file's name without folder and ending; `held-out 2` where nothing of it may be told. */
  of(scenario: string): string;
  /** An outcome as a log that is published may show it. */
  told(outcome: BuildOutcome): BuildOutcome;
  /** What rules across tasks found, as such a log may show it. */
  toldLint(built: readonly BuiltTask[]): (lint: BundleLint) => BundleLint;
}

/**
 * Names for the logs of a build. Held-out scenarios are numbered in their order: neither their name nor what is wrong
 * with one may stand beside a task id in a log. `openly` (-v) tells everything, for who keeps the output to himself.
 */
export async function buildNames(scenarios: readonly string[], openly: boolean): Promise<BuildNames> {
  const hidden = new Map<string, string>();
  for (const path of scenarios) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (/\bsplit:\s*["']?held-out\b/.test(text)) hidden.set(path, `held-out ${hidden.size + 1}`);
  }
  const plain = (path: string) => path.replace(/^.*[/\\]/, '').replace(/\.ya?ml$/, '');
  return {
    of: (scenario) => (openly ? undefined : hidden.get(scenario)) ?? plain(scenario),
    toldLint: (built) => (lint) =>
      openly || built.find(({ directory }) => directory === lint.bundle)?.split !== 'held-out'
        ? lint
        : { ...lint, findings: lint.findings.map((finding) => ({ ...finding, message: withheld })) },
    told(outcome) {
      const scenario = openly ? undefined : hidden.get(outcome.scenario);
      if (scenario === undefined) return outcome;
      switch (outcome.status) {
        case 'built':
        case 'interrupted':
          return { ...outcome, scenario };
        case 'crashed':
          return { ...outcome, scenario, message: withheld };
        case 'failed': {
          const { findings: _, hint: __, ...rest } = outcome;
          return { ...rest, scenario, message: withheld };
        }
      }
    },
  };
}

const withheld = 'what is wrong with a held-out scenario is told with -v only; keep that output to yourself';
