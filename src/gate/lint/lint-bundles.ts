import { type Evidence, evidenceOf } from './evidence.ts';
import type { BundleRule, Found, LintFinding, LintRule } from './finding.ts';
import { type LintedBundle, loadLinted } from './linted-bundle.ts';
import { bundleRules, suiteRules } from './rules.ts';
import { type Neighbour, neighboursOf } from './tell-apart.ts';

/** What the lints say of one bundle; no findings is a clean bundle. */
export interface BundleLint {
  /** As it was given. */
  readonly bundle: string;
  readonly task: string;
  /** Whether the private part was there; without it only leaks that need no truth are found. */
  readonly truth: 'checked' | 'absent';
  readonly findings: readonly LintFinding[];
  /** The least that points at each cause: its strongest line, and the object that shows the change. */
  readonly evidence: readonly { readonly cause: string; readonly lines: readonly Evidence[] }[];
  readonly neighbours: readonly Neighbour[];
}

export interface LintOptions {
  readonly signal?: AbortSignal;
  /** Secret keys of age for bundles that are sealed; those that none opens are linted without their truth. */
  readonly identities?: readonly string[];
  /** Only the rules across tasks, for bundles that the others have passed. */
  readonly acrossOnly?: boolean;
}

/**
 * Runs every rule over bundles. More than one of an application are taken as a suite, and the rules across tasks apply,
 * too. UserError for a bundle that cannot be read.
 */
export async function lintBundles(
  paths: readonly string[],
  options: LintOptions = {},
): Promise<readonly BundleLint[]> {
  const results = new Map<string, BundleLint & { readonly findings: LintFinding[] }>();
  const suites = new Map<string, Map<string, LintedBundle>>();
  for (const path of paths) {
    options.signal?.throwIfAborted();
    const bundle = await loadLinted(path, options.identities);
    results.set(path, lintOne(path, bundle, options.acrossOnly === true ? [] : bundleRules));
    const { application, provider, task } = bundle.manifest;
    const suite = suites.get(`${application} ${provider}`) ?? new Map<string, LintedBundle>();
    // what the rules across tasks do not look at is most of the memory
    if (!suite.has(task)) suite.set(task, withoutEvidence(bundle));
    suites.set(`${application} ${provider}`, suite);
  }
  for (const suite of suites.values())
    if (suite.size > 1)
      for (const rule of suiteRules)
        for (const found of rule.check([...suite.values()]))
          results.get(found.bundle.path)?.findings.push(asFinding(rule, found));
  return [...results.values()];
}

function lintOne(
  path: string,
  bundle: LintedBundle,
  rules: readonly BundleRule[],
): BundleLint & { readonly findings: LintFinding[] } {
  return {
    bundle: path,
    task: bundle.manifest.task,
    truth: bundle.truth === undefined ? 'absent' : 'checked',
    findings: rules.flatMap((rule) => [...rule.check(bundle)].map((found) => asFinding(rule, found))),
    evidence: (bundle.truth?.groundTruth.rootCauses ?? []).map(({ entity }) => {
      const [first, ...rest] = evidenceOf(bundle, entity);
      const state = rest.find(({ kind }) => kind === 'state');
      return { cause: entity, lines: [...(first ? [first] : []), ...(state ? [state] : [])] };
    }),
    neighbours: neighboursOf(bundle),
  };
}

function asFinding(rule: LintRule, { file, line, message, hint }: Found): LintFinding {
  return {
    severity: 'error',
    code: rule.code,
    rule: rule.name,
    location: { file, line, column: 1 },
    message,
    hint: hint ?? rule.why,
  };
}

function withoutEvidence(bundle: LintedBundle): LintedBundle {
  const files = bundle.files.filter(({ path }) => /\/(?:README\.md|alert-rules\.yaml)$/.test(path));
  return {
    ...bundle,
    files,
    events: [],
    alerts: [],
    file: (name) => files.find(({ path }) => path === name),
  };
}
