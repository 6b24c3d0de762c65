/**
 * A window of `shop` on a running kind cluster (`culprit cluster up`): how long the capture takes after the window's end,
 * and how much memory. `node bench/live-capture.ts [PROFILE FILE] [MINUTES] [REQUESTS A SECOND]`; prints one JSON object.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { directorySize } from '../src/author/directory-size.ts';
import { runWorld } from '../src/author/run-world.ts';
import { spoolRecording } from '../src/author/spool-recording.ts';
import { kindProvider } from '../src/cluster/kind/kind-provider.ts';
import { applyTiming } from '../src/spec/apply-timing.ts';
import { requireValid } from '../src/spec/diagnostics-error.ts';
import { loadApplication } from '../src/spec/load-application.ts';
import { loadProfile } from '../src/spec/load-profile.ts';

const root = join(import.meta.dirname, '..');
const { value: profile } = requireValid(
  await loadProfile(process.argv[2] ?? join(root, 'clusters/kind-test.yaml')),
);
const minutes = Number(process.argv[3] ?? 15);
const requestsPerSecond = Number(process.argv[4] ?? 8);
const read = applyTiming(requireValid(await loadApplication(join(root, 'clusters/apps/shop'))), profile);
const application = kindProvider.prepare?.(read, profile) ?? read;

const folder = await mkdtemp(join(tmpdir(), 'live-capture-'));
let endedMs = 0;
try {
  const { cluster, recording, injection } = await runWorld({
    plan: {
      scenario: 'nothing happens',
      seed: '0'.repeat(32),
      provider: 'kind',
      startMs: Date.now(),
      warmUpMs: 5000,
      baselineMs: minutes * 20_000,
      incidentMs: minutes * 40_000,
      requestsPerSecond,
      traceSampling: 0.6,
      operations: [],
      expectations: [],
      latent: false,
    },
    operations: [],
    application,
    profile,
    provider: kindProvider,
    journal: async () => join(folder, 'journal'),
    onStep(step) {
      process.stderr.write(`${step}\n`);
      if (step === 'capturing') endedMs = performance.now();
    },
  });
  await spoolRecording(recording, join(folder, 'recording'));
  const captureSeconds = (performance.now() - endedMs) / 1000;
  const megabytes = (await directorySize(join(folder, 'recording'))) / 1e6;
  const peakMemoryMiB = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(`${JSON.stringify({ minutes, captureSeconds, megabytes, peakMemoryMiB })}\n`);
  await injection.close();
  await cluster[Symbol.asyncDispose]();
} finally {
  await rm(folder, { recursive: true, force: true });
}
