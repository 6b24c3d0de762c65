import { byText } from '../../../base/order.ts';
import type { ContainerLog, LogLine } from '../../cluster.ts';

/** What one start of one container wrote. */
export interface LogFile {
  readonly instance: number;
  readonly lines: LogLine[];
  /** Lines that the rotation of log files took away. */
  dropped: number;
}

interface ContainerFiles {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  readonly container: string;
  readonly files: LogFile[];
}

/** Lines kept for each start of a container; a kubelet keeps 50 MiB, which is about as much. */
const maximumLines = 200_000;

/** The log files of all containers of the cluster, also of pods that are gone. */
export class ContainerLogs {
  readonly #byContainer = new Map<string, ContainerFiles>();

  /** Opens the file of a new start; `append` is called for each line. */
  open(pod: { namespace: string; name: string; uid: string }, container: string, instance: number): LogFile {
    const id = `${pod.uid}/${container}`;
    let entry = this.#byContainer.get(id);
    if (entry === undefined) {
      entry = { namespace: pod.namespace, pod: pod.name, uid: pod.uid, container, files: [] };
      this.#byContainer.set(id, entry);
    }
    const file: LogFile = { instance, lines: [], dropped: 0 };
    entry.files.push(file);
    return file;
  }

  append(file: LogFile, timeMs: number, text: string): void {
    if (file.lines.length >= maximumLines) file.dropped += file.lines.splice(0, maximumLines / 5).length;
    file.lines.push({ timeMs, text });
  }

  /** What a container's present (or previous) start wrote; undefined: there is none. */
  read(container: { podUid: string; container: string; previous: boolean }): readonly LogLine[] | undefined {
    const files = this.files(container.podUid, container.container);
    return (container.previous ? files.at(-2) : files.at(-1))?.lines;
  }

  /** One file for each start of a container, oldest first. */
  files(podUid: string, container: string): readonly LogFile[] {
    return this.#byContainer.get(`${podUid}/${container}`)?.files ?? [];
  }

  /** Every container with lines in [fromMs, toMs), all its starts together, sorted by namespace, pod, container. */
  between(fromMs: number, toMs: number): ContainerLog[] {
    const logs: ContainerLog[] = [];
    for (const { namespace, pod, container, files } of this.#byContainer.values()) {
      const lines = files.flatMap((file) =>
        file.lines.filter(({ timeMs }) => timeMs >= fromMs && timeMs < toMs),
      );
      if (lines.length > 0) logs.push({ namespace, pod, container, lines });
    }
    return logs.sort(
      byText(
        (log) => log.namespace,
        (log) => log.pod,
        (log) => log.container,
      ),
    );
  }

  /** How many lines rotation took away. */
  get dropped(): number {
    let sum = 0;
    for (const { files } of this.#byContainer.values()) for (const file of files) sum += file.dropped;
    return sum;
  }
}
