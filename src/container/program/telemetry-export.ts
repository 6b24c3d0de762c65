import type { LogEntry } from '../../workload/logger.ts';
import type { Resource, SpanRecord, SpanSink } from '../../workload/tracing.ts';

/** Where a process sends what it tells about itself: finished spans, and warnings and errors it logged. */
export interface TelemetryExport extends SpanSink {
  log(resource: Resource, entry: LogEntry): void;
  /** Sends what is buffered; settles after it was sent or given up. */
  flush(): Promise<void>;
}

/** Keeps nothing: for processes without a receiver. */
const noExport: TelemetryExport = { record() {}, log() {}, flush: async () => {} };

/**
 * Exports over OTLP/HTTP to the endpoint that the environment names (`OTEL_EXPORTER_OTLP_ENDPOINT`), if any. The SDK is
 * loaded at once, so that no request waits for it; what is recorded until then is not lost.
 */
export function telemetryExport(endpoint: string | undefined): TelemetryExport {
  if (endpoint === undefined || endpoint === '') return noExport;
  let loaded: TelemetryExport | undefined;
  const loading = import('./otlp-export.ts').then(({ otlpExport }) => {
    loaded = otlpExport(endpoint.replace(/\/+$/, ''));
    return loaded;
  });
  const withSdk = (use: (sdk: TelemetryExport) => void): void => {
    if (loaded === undefined) void loading.then(use);
    else use(loaded);
  };
  return {
    record: (span: SpanRecord) => withSdk((sdk) => sdk.record(span)),
    log: (resource, entry) => withSdk((sdk) => sdk.log(resource, entry)),
    flush: async () => await (await loading).flush(),
  };
}
