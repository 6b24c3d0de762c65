import type { PodSettings } from './pod-settings.ts';

export type Emit = (name: string, labels: Readonly<Record<string, string>>, value: number) => void;

/** A connection to one store, kept from scrape to scrape. */
export interface StoreProbe {
  /** Emits the store's metrics; throws where the connection is lost. */
  scrape(emit: Emit): Promise<void>;
  close(): Promise<void>;
}

/** Connects to a store within two seconds, or throws. */
export type ConnectStore = (host: string, port: number, settings: PodSettings) => Promise<StoreProbe>;

export const connectTimeoutMs = 2000;
