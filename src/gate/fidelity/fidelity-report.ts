import type { BundleSignals } from './bundle-signals.ts';
import type { Difference, SignalComparison } from './compare-signals.ts';

/** One scenario, built on both providers with the same windows. */
export interface ScenarioFidelity {
  readonly scenario: string;
  readonly embedded: Pick<BundleSignals, 'provider' | 'kubernetes'>;
  readonly kind: Pick<BundleSignals, 'provider' | 'kubernetes'>;
  readonly signals: readonly SignalComparison[];
}

/** `docs/fidelity.md`: a summary, then every scenario with every difference. */
export function fidelityMarkdown(
  scenarios: readonly ScenarioFidelity[],
  command: string,
  resolutionMs: number,
): string {
  const names = scenarios[0]?.signals.map(({ signal }) => signal) ?? [];
  const [first] = scenarios;
  const hasCeiling = scenarios.some(({ signals }) => signals.some(({ ceiling }) => ceiling !== undefined));
  const head = [
    '# How faithful the embedded cluster is',
    '',
    `Written by \`${command}\`: the same scenario files, built on the embedded cluster (Kubernetes ${first?.embedded.kubernetes}) and on ${first?.kind.provider} (Kubernetes ${first?.kind.kubernetes}) with the same windows, and compared. Events, container states and fields of objects are those of the application's namespaces and of the nodes.`,
    '',
    'Figures: agreement without differences that come from the Kubernetes version, from how a cluster is installed or from chance; in brackets all differences, where that is another number. Sets are compared by Jaccard index, service shifts and heuristics by the share that is equal, the order of alerts by the share of pairs in one order.',
    '',
    `When an alert fires is known to ${resolutionMs / 1000} s: what it tells of waits for the next scrape, then for the next evaluation. So alerts that are closer than that on either side have no order, and an alert of one side only in the last ${resolutionMs / 1000} s of its window is not counted.`,
    ...(hasCeiling
      ? [
          '',
          `Where a scenario was built more than once on ${first?.kind.provider}, "two real runs" is how far every two of those agree in the mean, all differences counted. A difference to the first run that another of them does not make is chance.`,
        ]
      : []),
    '',
    row([
      'signal',
      ...scenarios.map(({ scenario }) => scenario),
      'mean',
      ...(hasCeiling ? ['two real runs'] : []),
    ]),
    row(['---', ...scenarios.map(() => '---:'), '---:', ...(hasCeiling ? ['---:'] : [])]),
    ...names.map((name) => {
      const found = scenarios.flatMap(({ signals }) => signals.filter(({ signal }) => signal === name));
      const ceilings = found.flatMap(({ ceiling }) => ceiling ?? []);
      return row([
        name,
        ...found.map(figure),
        mean(found.map(({ adjusted }) => adjusted)),
        ...(hasCeiling ? [mean(ceilings)] : []),
      ]);
    }),
  ];
  return `${[...head, ...scenarios.flatMap(section)].join('\n')}\n`;
}

function section({ scenario, signals }: ScenarioFidelity): readonly string[] {
  const hasCeiling = signals.some(({ ceiling }) => ceiling !== undefined);
  return [
    '',
    `## ${scenario}`,
    '',
    row([
      'signal',
      'agreement',
      'with all differences',
      'shared',
      'differences',
      ...(hasCeiling ? ['two real runs'] : []),
    ]),
    row(['---', '---:', '---:', '---:', '---:', ...(hasCeiling ? ['---:'] : [])]),
    ...signals.map(({ signal, agreement, adjusted, ceiling, shared, differences }) =>
      row([
        signal,
        adjusted.toFixed(2),
        agreement.toFixed(2),
        String(shared),
        String(differences.length),
        ...(hasCeiling ? [ceiling?.toFixed(2) ?? ''] : []),
      ]),
    ),
    ...signals.flatMap(({ signal, differences }) =>
      differences.length === 0 ? [] : ['', `**${signal}**`, '', ...listed(differences)],
    ),
  ];
}

function mean(values: readonly number[]): string {
  return values.length === 0 ? '' : (values.reduce((sum, one) => sum + one, 0) / values.length).toFixed(2);
}

/** Differences with one reason stand together; what nobody explained comes first. */
function listed(differences: readonly Difference[]): readonly string[] {
  const groups = Map.groupBy(differences, ({ explanation }) => explanation?.because ?? '');
  return [...groups]
    .sort(([a], [b]) => Number(a !== '') - Number(b !== ''))
    .flatMap(([because, group]) =>
      because === ''
        ? group.map((one) => `- ${told(one)}`)
        : [
            `- ${because} (${group[0]?.explanation?.from}):`,
            ...(group.length > 12
              ? [`  - ${group.length} differences, such as ${group.slice(0, 4).map(told).join('; ')}`]
              : group.map((one) => `  - ${told(one)}`)),
          ],
    );
}

function told({ what, seenBy }: Difference): string {
  return seenBy === 'both' ? what : `${what} (${seenBy} only)`;
}

/** The figure of a signal, as in the summary. */
export function figure({ adjusted, agreement }: SignalComparison): string {
  const [a, b] = [adjusted.toFixed(2), agreement.toFixed(2)];
  return a === b ? a : `${a} (${b})`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
