/** One healthy world of `shop`: `node bench/world.ts REQUESTS_PER_SECOND MINUTES`; prints one JSON object. */
import { join } from 'node:path';
import { startCapture } from '../src/capture/start-capture.ts';
import { embeddedProvider } from '../src/cluster/embedded/embedded-provider.ts';
import { requireValid } from '../src/spec/diagnostics-error.ts';
import { loadApplication } from '../src/spec/load-application.ts';
import { loadProfile } from '../src/spec/load-profile.ts';

const root = join(import.meta.dirname, '..');
const requestsPerSecond = Number(process.argv[2] ?? 30);
const minutes = Number(process.argv[3] ?? 25);
const application = requireValid(await loadApplication(join(root, 'clusters/apps/shop')));
const { value: profile } = requireValid(await loadProfile(join(root, 'clusters/embedded.yaml')));

const started = performance.now();
const cluster = await embeddedProvider.provision(profile, {
  seed: 7,
  startMs: Date.UTC(2026, 2, 4, 5, 6, 7),
});
await cluster.deploy(application, { requestsPerSecond, traceSampling: 0.02 });
const capture = await startCapture(cluster, application);
const startMs = cluster.clock.nowMs();
for (let minute = 0; minute < minutes; minute++) await cluster.clock.advance(60_000);
const elapsedMs = performance.now() - started;
const endMs = cluster.clock.nowMs();
await capture.finish({ startMs, incidentMs: (startMs + endMs) / 2, endMs });
const count = async (name: string) =>
  (await cluster.prometheus.query(`sum(increase(${name}[${minutes}m]))`, endMs))[0]?.values.at(-1)?.[1] ?? 0;
// every request is a SERVER span and its CLIENT span; queries, cache commands and messages have one each
const calls =
  (await count('http_server_request_duration_seconds_count')) +
  (await count('http_client_request_duration_seconds_count')) +
  (await count('db_client_operation_duration_seconds_count')) +
  (await count('messaging_client_operation_duration_seconds_count')) +
  (await count('messaging_client_consumed_messages_total'));
process.stdout.write(
  `${JSON.stringify({ simulatedMinutes: minutes, elapsedMs, calls, peakMemoryMiB: process.resourceUsage().maxRSS / 1024 })}\n`,
);
await cluster[Symbol.asyncDispose]();
