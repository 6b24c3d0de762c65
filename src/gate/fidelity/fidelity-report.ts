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
export function fidelityMarkdown(scenarios: readonly ScenarioFidelity[], command: string): string {
  const names = scenarios[0]?.signals.map(({ signal }) => signal) ?? [];
  const [first] = scenarios;
  const head = [
    '# How faithful the embedded cluster is',
    '',
    `Written by \`${command}\`: the same scenario files, built on the embedded cluster (Kubernetes ${first?.embedded.kubernetes}) and on ${first?.kind.provider} (Kubernetes ${first?.kind.kubernetes}) with the same windows, and compared. Events, container states and fields of objects are those of the application's namespaces and of the nodes.`,
    '',
    'Figures: agreement without differences that come from the Kubernetes version or from how a cluster is installed; in brackets all differences, where that is another number. Sets are compared by Jaccard index, service shifts and heuristics by the share that is equal, the order of alerts by the share of pairs in one order.',
    '',
    row(['signal', ...scenarios.map(({ scenario }) => scenario), 'mean']),
    row(['---', ...scenarios.map(() => '---:'), '---:']),
    ...names.map((name) => {
      const found = scenarios.map(({ signals }) => signals.find(({ signal }) => signal === name));
      const mean = found.reduce((sum, one) => sum + (one?.adjusted ?? 0), 0) / Math.max(1, found.length);
      return row([name, ...found.map((one) => (one === undefined ? '' : figure(one))), mean.toFixed(2)]);
    }),
  ];
  return `${[...head, ...scenarios.flatMap(section)].join('\n')}\n`;
}

function section({ scenario, signals }: ScenarioFidelity): readonly string[] {
  return [
    '',
    `## ${scenario}`,
    '',
    row(['signal', 'agreement', 'with all differences', 'shared', 'differences']),
    row(['---', '---:', '---:', '---:', '---:']),
    ...signals.map(({ signal, agreement, adjusted, shared, differences }) =>
      row([signal, adjusted.toFixed(2), agreement.toFixed(2), String(shared), String(differences.length)]),
    ),
    ...signals.flatMap(({ signal, differences }) =>
      differences.length === 0 ? [] : ['', `**${signal}**`, '', ...listed(differences)],
    ),
  ];
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
