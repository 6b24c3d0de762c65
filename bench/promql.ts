/**
 * What Prometheus costs a world: scrapes of some 3,800 series, the alert rules of `shop`, and a full
 * capture of every metric, for 27 minutes of virtual time. Run: `node bench/promql.ts [--json]`.
 */

import { readFileSync } from 'node:fs';
import { key, unit } from '../src/base/random.ts';
import type { Labels, ScrapeTarget } from '../src/cluster/embedded/contracts.ts';
import { Prometheus } from '../src/cluster/embedded/prometheus/prometheus.ts';
import { Simulation } from '../src/cluster/embedded/simulation.ts';

const services = 14;
const replicas = 2;
const minutes = 27.5;
const buckets = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '+Inf'];

interface Exposed {
  readonly name: string;
  readonly labels: Labels;
  readonly rate: number;
}

function serviceTarget(service: number, replica: number): ScrapeTarget {
  const series: Exposed[] = [];
  const add = (name: string, labels: Labels, rate: number) =>
    series.push({ name, labels: { service: `service-${service}`, ...labels }, rate });
  for (const http_route of ['/a', '/b', '/c']) {
    for (const http_response_status_code of ['200', '500']) {
      const labels = { http_route, http_request_method: 'GET', http_response_status_code };
      const rate = http_response_status_code === '200' ? 20 : 0.2;
      for (const [i, le] of buckets.entries())
        add('http_server_request_duration_seconds_bucket', { ...labels, le }, (rate * (i + 20)) / 31);
      add('http_server_request_duration_seconds_sum', labels, rate / 10);
      add('http_server_request_duration_seconds_count', labels, rate);
    }
  }
  for (let peer = 0; peer < 4; peer++)
    for (const error_type of ['', 'timeout'])
      add(
        'http_client_request_duration_seconds_count',
        { server_address: `service-${peer}`, error_type },
        error_type === '' ? 9 : 0.1,
      );
  for (const state of ['used', 'idle']) add('db_client_connections_usage', { pool_name: 'main', state }, 0);
  add('db_client_connections_max', { pool_name: 'main' }, 0.3);
  add('db_client_connections_timeouts_total', { pool_name: 'main' }, 0);
  add(
    'messaging_client_consumed_messages_total',
    { messaging_consumer_group_name: 'main', outcome: 'ok' },
    3,
  );
  for (const name of ['process_resident_memory_bytes', 'process_cpu_seconds_total', 'go_goroutines'])
    add(name, {}, 1);
  return target(
    {
      job: 'shop',
      namespace: 'shop',
      pod: `service-${service}-${replica}`,
      instance: `10.0.${service}.${replica}:8080`,
    },
    series,
  );
}

function kubeStateTarget(): ScrapeTarget {
  const series: Exposed[] = [];
  for (let pod = 0; pod < 60; pod++) {
    const labels = { namespace: 'shop', pod: `pod-${pod}` };
    for (const phase of ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'])
      series.push({ name: 'kube_pod_status_phase', labels: { ...labels, phase }, rate: 0 });
    for (const condition of ['true', 'false', 'unknown'])
      series.push({ name: 'kube_pod_status_ready', labels: { ...labels, condition }, rate: 0 });
    for (const name of [
      'kube_pod_container_status_restarts_total',
      'kube_pod_container_status_ready',
      'kube_pod_container_status_running',
      'kube_pod_info',
    ])
      series.push({ name, labels: { ...labels, container: 'main' }, rate: 0 });
    for (const resource of ['cpu', 'memory'])
      series.push({ name: 'kube_pod_container_resource_limits', labels: { ...labels, resource }, rate: 0 });
  }
  for (let deployment = 0; deployment < 25; deployment++)
    for (const name of [
      'kube_deployment_spec_replicas',
      'kube_deployment_status_replicas_available',
      'kube_deployment_status_observed_generation',
      'kube_deployment_metadata_generation',
    ])
      series.push({ name, labels: { namespace: 'shop', deployment: `service-${deployment}` }, rate: 0 });
  return target({ job: 'kube-state-metrics', instance: 'ksm:8080' }, series, true);
}

function target(labels: Labels, series: Exposed[], honorLabels = false): ScrapeTarget {
  let step = 0;
  return {
    labels,
    honorLabels,
    scrape(emit) {
      step++;
      for (let i = 0; i < series.length; i++) {
        const { name, labels: own, rate } = series[i]!;
        emit(name, own, rate === 0 ? 1 : Math.floor(step * rate * 15 + unit(key(1, i, step)) * rate));
      }
      return true;
    },
  };
}

const rules = readFileSync(new URL('../clusters/apps/shop/rules.yaml', import.meta.url), 'utf8');

function timed<T>(work: () => T): [number, T] {
  const start = process.cpuUsage();
  const result = work();
  const used = process.cpuUsage(start);
  return [(used.user + used.system) / 1000, result];
}

const simulation = new Simulation(Date.UTC(2026, 2, 4));
const options = { simulation, seed: 1, scrapeIntervalMs: 15_000, evaluationIntervalMs: 15_000 };

const build = (text: string) => {
  const own = new Simulation(simulation.startMs);
  const store = new Prometheus({ ...options, simulation: own, rules: text });
  for (let s = 0; s < services; s++)
    for (let r = 0; r < replicas; r++) store.targets.add(serviceTarget(s, r));
  store.targets.add(kubeStateTarget());
  return { own, store };
};
const run = (text: string) => {
  const { own, store } = build(text);
  const [ms] = timed(() => {
    store.start();
    own.runUntil(own.startMs + minutes * 60_000);
  });
  return { ms, store, own };
};

// how JSON lines of a capture are made is not Prometheus' cost; reading the samples is
const results: { what: string; ms: number; detail: string }[] = [];
const scrapesOnly = run('');
const samples = scrapesOnly.store.database.all.reduce((sum, series) => sum + series.length, 0);
results.push({
  what: 'scrapes',
  ms: scrapesOnly.ms,
  detail: `${scrapesOnly.store.database.all.length} series, ${samples} samples`,
});
const both = run(rules);
results.push({
  what: "scrapes and the shop's rules",
  ms: both.ms,
  detail: `${both.store.rules.groups.flatMap((group) => group.rules).filter((rule) => rule.health === 'ok').length} rules ok, ${both.store.rules.alerts().length} alerts`,
});
const end = both.own.nowMs;
const [capture, points] = timed(() => {
  let n = 0;
  for (const name of both.store.metricNames()) {
    const { engine } = both.store;
    for (const series of engine.range(engine.prepare(`{__name__="${name}"}`), both.own.startMs, end, 15_000))
      n += series.values.length;
  }
  return n;
});
results.push({ what: 'query_range of every metric', ms: capture, detail: `${points} points` });
const [raw, rawPoints] = timed(() => {
  let n = 0;
  for (const name of both.store.metricNames())
    for (const series of both.store.samples(name, both.own.startMs, end)) n += series.values.length;
  return n;
});
results.push({ what: 'raw samples of every metric', ms: raw, detail: `${rawPoints} points` });

if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(results)}\n`);
else
  for (const { what, ms, detail } of results)
    process.stdout.write(`${what.padEnd(30)} ${ms.toFixed(0).padStart(6)} ms CPU   ${detail}\n`);
