import type { Checked, Diagnostic } from '../base/diagnostics.ts';
import { parseDuration } from '../base/duration.ts';
import { inFileOrder, type LoadedFile, loadFile } from './load-file.ts';
import { ClusterProfile } from './profile.ts';
import { jsonPointer } from './source-document.ts';

/** Loads a cluster profile: form, and that its provider's part is there, nodes have distinct names and times are times. */
export async function loadProfile(path: string): Promise<Checked<LoadedFile<ClusterProfile>>> {
  const loaded = await loadFile<ClusterProfile>(path, { kind: 'ClusterProfile', schema: ClusterProfile });
  if (!loaded.ok) return loaded;
  const { value: profile, source } = loaded.value;
  const diagnostics: Diagnostic[] = [];
  const report = (code: string, pointer: string, message: string, hint?: string) =>
    diagnostics.push({ severity: 'error', code, location: source.locate(pointer), message, hint });

  if (profile.provider === 'embedded' && profile.embedded === undefined)
    report(
      'PRF001',
      '/provider',
      'the provider "embedded" needs the field "embedded"',
      'kubernetesVersion and nodes',
    );
  if (profile.provider === 'kubeconfig' && profile.kubeconfig === undefined)
    report(
      'PRF001',
      '/provider',
      'the provider "kubeconfig" needs the field "kubeconfig"',
      'namespaces that may be touched, and where Prometheus is',
    );
  const { namespaces = [], probe } = profile.kubeconfig ?? {};
  if (probe !== undefined && !namespaces.includes(probe.namespace))
    report(
      'PRF005',
      '/kubeconfig/probe/namespace',
      `the namespace "${probe.namespace}" is not among those that may be touched`,
      `kubeconfig.namespaces are ${namespaces.join(', ')}`,
    );
  const names = new Set<string>();
  profile.embedded?.nodes.forEach((node, index) => {
    const pointer = jsonPointer('embedded', 'nodes', index);
    if (names.has(node.name)) report('PRF002', `${pointer}/name`, `two nodes are called "${node.name}"`);
    names.add(node.name);
    if (!/^\d+(\.\d+)?m?$/.test(node.cpu))
      report('PRF003', `${pointer}/cpu`, `"${node.cpu}" is not an amount of CPU`, 'such as "4" or "3500m"');
    if (!/^\d+(\.\d+)?([KMGT]i?)?$/.test(node.memory))
      report('PRF003', `${pointer}/memory`, `"${node.memory}" is not an amount of memory`, 'such as 16Gi');
  });
  if (profile.embedded && !profile.embedded.nodes.some((node) => node.role === 'worker'))
    report('PRF004', '/embedded/nodes', 'there is no worker node');
  for (const field of ['scrapeInterval', 'evaluationInterval'] as const) {
    const text = profile.embedded?.[field];
    if (text !== undefined && !(parseDuration(text) ?? 0))
      report('PRF003', jsonPointer('embedded', field), `"${text}" is not a duration`, 'such as 15s');
  }
  for (const field of ['patience', 'nodeGracePeriod', 'podEvictionAfter'] as const) {
    const text = profile.timing?.[field];
    if (text !== undefined && !(parseDuration(text) ?? 0))
      report('PRF003', jsonPointer('timing', field), `"${text}" is not a duration`, 'such as 20s');
  }
  return diagnostics.length > 0 ? { ok: false, diagnostics: inFileOrder(diagnostics) } : loaded;
}
