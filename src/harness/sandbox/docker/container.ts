import { GenericContainer, PullPolicy, Wait } from 'testcontainers';
import { baseEnvironment } from '../limits.ts';
import { type SandboxLimits, sandboxPaths } from '../sandbox.ts';

/** Whom everything in a container runs as. */
export const insideUser = '65534:65534';

const mebibyte = 1024 ** 2;

/**
 * What the first process of a container does: for every line that it reads it kills everything else, without needing a
 * new process (there may be none left to have), and tells how often the kernel has killed for lack of memory. It ends
 * with its input, that is with us, and the container with it; and if nobody speaks to it in its first minute, for we may
 * have been killed before we were its input.
 */
const keeper = `
for signal in {1..64}; do [ $signal = 17 ] || trap '' $signal; done 2>/dev/null
read -t 60 -r token || exit
while :; do
  kill -KILL -1 2>/dev/null
  kills=0
  for file in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
    [ -r $file ] && while read -r key value; do [ "$key" = oom_kill ] && kills=$value; done < $file
  done
  echo "$token $kills"
  read -r token || exit
done`;

/** A container that can reach nothing and keep nothing. */
export class SandboxContainer extends GenericContainer {
  constructor(image: string, evidence: string, limits: Required<SandboxLimits>) {
    super(image);
    // the disk limit holds for both folders together
    const [work, temporary] = [Math.floor(limits.diskBytes * 0.75), Math.floor(limits.diskBytes * 0.25)];
    const folder = (size: number, mode: string) =>
      `rw,exec,nosuid,nodev,size=${size},nr_inodes=50000,mode=${mode},uid=65534,gid=65534`;
    this.withEntrypoint(['/usr/local/libexec/keeper'])
      .withCommand(['-c', keeper])
      .withUser(insideUser)
      .withHostname('host')
      .withWorkingDir(sandboxPaths.work)
      .withEnvironment({ ...baseEnvironment })
      .withNetworkMode('none')
      .withDroppedCapabilities('ALL')
      .withSecurityOpt('no-new-privileges')
      .withBindMounts([{ source: evidence, target: sandboxPaths.data, mode: 'ro' }])
      .withTmpFs({ [sandboxPaths.work]: folder(work, '0700'), '/tmp': folder(temporary, '1777') })
      .withSharedMemorySize(16 * mebibyte)
      .withPullPolicy(PullPolicy.defaultPolicy())
      .withWaitStrategy(Wait.forListeningPorts()) // there are none: do not wait
      .withAutoCleanup(false); // the keeper sees to that, also without Ryuk's image
    this.createOpts = { ...this.createOpts, OpenStdin: true, StdinOnce: true, Tty: false };
    this.hostConfig = {
      ...this.hostConfig,
      AutoRemove: true,
      ReadonlyRootfs: true,
      Memory: limits.memoryBytes,
      MemorySwap: limits.memoryBytes,
      NanoCpus: Math.round(limits.cpus * 1e9),
      PidsLimit: limits.processes,
      LogConfig: { Type: 'none', Config: {} },
      Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }],
    };
  }
}
