/** What the collectors bring home; the types stand in `spec` because the bundle writer reads them too. */
export type {
  AlertChange,
  ContainerStateChange,
  EventOccurrence,
  MetricRecording,
  ObjectChange,
  RecordedObject,
  Recording,
  Topology,
  TopologyService,
} from '../spec/recording.ts';
