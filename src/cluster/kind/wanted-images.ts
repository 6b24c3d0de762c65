import type { Application } from '../../spec/application.ts';
import type { Program } from '../../spec/program.ts';
import type { ObservabilityImages } from '../live/observability-objects.ts';
import { type StoreKind, storeKinds } from './kind-settings.ts';

/** Nodes that an image is loaded into. */
export type Where = 'control-plane' | 'workers';

/** An image that pods name, and where it comes from. */
export type WantedImage = { readonly ref: string; readonly where: readonly Where[] } & (
  | { readonly from: 'program'; readonly program: Program; readonly release: string }
  | { readonly from: 'recorder' }
  | { readonly from: 'store'; readonly store: StoreKind }
  | { readonly from: 'prometheus' | 'base' }
);

/** The base image as pods name it that try a cluster out. */
export const toolsImage: WantedImage = { ref: 'tools/node:24', from: 'base', where: ['workers'] };

/**
 * Images of what watches the application, named as the other images of its platform: of a registry that only this
 * cluster knows. All but Prometheus are the recorder, told apart by its arguments.
 */
export function observabilityImages(application: Application): Required<ObservabilityImages> {
  const [first = 'registry.internal/app'] = [...application.programs.keys()];
  const registry = first.split('/')[0] ?? '';
  return {
    prometheus: `${registry}/platform/prometheus:3.5.0`,
    collector: `${registry}/platform/otel-collector:0.128.0`,
    stateMetrics: `${registry}/platform/kube-state-metrics:2.16.0`,
    resourceMetrics: `${registry}/platform/prometheus-adapter:0.12.0`,
    storeExporter: `${registry}/platform/store-exporter:0.17.1`,
  };
}

/**
 * Every image of the application: one per program and release, so that every tag which exists can be deployed and every
 * other one cannot be found; and those of what watches it.
 */
export function wantedImages(application: Application): readonly WantedImage[] {
  const images: WantedImage[] = [toolsImage];
  for (const program of application.programs.values())
    for (const { tag } of program.releases) {
      const ref = `${program.image}:${tag}`;
      const store = storeKinds.find((kind) => kind === program.kind);
      if (store !== undefined) images.push({ ref, from: 'store', store, where: ['workers'] });
      else
        images.push({
          ref,
          from: 'program',
          program,
          release: tag,
          where: program.kind === 'load-generator' ? ['control-plane'] : ['workers'],
        });
    }
  const { prometheus, ...recorders } = observabilityImages(application);
  images.push({ ref: prometheus, from: 'prometheus', where: ['control-plane'] });
  for (const ref of Object.values(recorders))
    images.push({ ref, from: 'recorder', where: ['control-plane'] });
  return images;
}
