import { join } from 'node:path';
import type { KubeClient } from '../../kube/client.ts';
import { Collector } from './collector.ts';
import { Losses } from './losses.ts';
import { PodDirectory } from './pod-directory.ts';
import { otlpReceiver } from './receive-otlp.ts';
import { SegmentStore } from './segment-store.ts';
import { type Served, serve } from './serve.ts';
import { recordedReader } from './serve-recorded.ts';

export interface CollectorSettings {
  /** Where it buffers. */
  readonly folder: string;
  /** Limit of what is on disk; a quarter of it is for logs. */
  readonly maxBytes: number;
  /** Ports for senders (4318) and readers (8888); 0: any free one. */
  readonly otlpPort: number;
  readonly readPort: number;
  /** Tells which pod an address is; without it resources stay as they were sent. */
  readonly kube?: KubeClient | undefined;
  readonly log: (line: string) => void;
}

/** Runs the receiver of traces and logs until it is closed; what it took is on disk then. */
export async function runCollector(
  settings: CollectorSettings,
): Promise<{ readonly otlp: Served; readonly reader: Served; close(): Promise<void> }> {
  const { folder, maxBytes, kube, log } = settings;
  const losses = new Losses();
  const onLoss = (reason: string, count: number) => losses.count(reason, count);
  const open = (name: string, what: string, share: number) =>
    SegmentStore.open({ folder: join(folder, name), what, maxBytes: Math.floor(maxBytes * share), onLoss });
  const [spans, logs] = await Promise.all([open('spans', 'spans', 0.75), open('logs', 'log records', 0.25)]);
  const pods = new PodDirectory();
  const stop = new AbortController();
  if (kube !== undefined)
    // without the directory, traces only lack what the senders do not say themselves
    void pods.follow(kube, stop.signal).catch((error: unknown) => {
      log(`the watch of pods ended: ${error instanceof Error ? error.message : String(error)}`);
    });
  const collector = new Collector({ spans, logs, losses, senderOf: (address) => pods.find(address) });
  const otlp = await serve(settings.otlpPort, otlpReceiver(collector, losses));
  const reader = await serve(settings.readPort, recordedReader({ spans, logs, losses, collector }));
  log(`receiving on ${otlp.port}, reading on ${reader.port}`);
  return {
    otlp,
    reader,
    async close() {
      stop.abort();
      await Promise.all([otlp.close(), reader.close()]);
      await Promise.all([spans.flush(), logs.flush()]);
    },
  };
}
