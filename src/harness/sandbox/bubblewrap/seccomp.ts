/** A system call and what is answered. Numbers: x86-64, then arm64; undefined where it does not exist. */
type Call = readonly [x64: number | undefined, arm64: number | undefined];

const denied: readonly Call[] = [
  [101, 117], // ptrace
  [103, 116], // syslog
  [155, 41], // pivot_root
  [161, 51], // chroot
  [163, 89], // acct
  [164, 170], // settimeofday
  [165, 40], // mount
  [166, 39], // umount2
  [167, 224], // swapon
  [168, 225], // swapoff
  [169, 142], // reboot
  [172, undefined], // iopl
  [173, undefined], // ioperm
  [175, 105], // init_module
  [176, 106], // delete_module
  [179, 60], // quotactl
  [212, 18], // lookup_dcookie
  [227, 112], // clock_settime
  [246, 104], // kexec_load
  [248, 217], // add_key
  [249, 218], // request_key
  [250, 219], // keyctl
  [272, 97], // unshare
  [279, 239], // move_pages
  [298, 241], // perf_event_open
  [300, 262], // fanotify_init
  [303, 264], // name_to_handle_at
  [304, 265], // open_by_handle_at
  [308, 268], // setns
  [310, 270], // process_vm_readv
  [311, 271], // process_vm_writev
  [313, 273], // finit_module
  [320, 294], // kexec_file_load
  [321, 280], // bpf
  [323, 282], // userfaultfd
  [425, 425], // io_uring_setup
  [426, 426], // io_uring_enter
  [427, 427], // io_uring_register
  [428, 428], // open_tree
  [429, 429], // move_mount
  [430, 430], // fsopen
  [431, 431], // fsconfig
  [432, 432], // fsmount
  [433, 433], // fspick
  [442, 442], // mount_setattr
];
const clone3: Call = [435, 435];
const clone: Call = [56, 220];
const socket: Call = [41, 198];
/** Unix, IPv4, IPv6 and netlink: namespaces hold these; vsock, for one, would lead to the hypervisor. */
const families = [1, 2, 10, 16];
/** CLONE_NEW* of every namespace but time, which clone cannot make. */
const namespaceFlags = 0x7e020000;

const architectures: Partial<Record<string, { readonly column: 0 | 1; readonly audit: number }>> = {
  x64: { column: 0, audit: 0xc000003e },
  arm64: { column: 1, audit: 0xc00000b7 },
};

const load = 0x20; // BPF_LD | BPF_W | BPF_ABS
const jumpIfEqual = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const jumpIfGreaterOrEqual = 0x35; // BPF_JMP | BPF_JGE | BPF_K
const jumpIfAnyBit = 0x45; // BPF_JMP | BPF_JSET | BPF_K
const answer = 0x06; // BPF_RET | BPF_K
const allow = 0x7fff0000;
const kill = 0x80000000;
const error = (errno: number) => 0x00050000 + errno;
const EPERM = 1;
const ENOSYS = 38;

/**
 * A seccomp filter (compiled BPF, as `bwrap --seccomp` reads it) that refuses what no analysis needs and what kernels
 * have most often been broken through. Undefined on other processors.
 */
export function seccompFilter(architecture: string = process.arch): Uint8Array | undefined {
  const target = architectures[architecture];
  if (!target) return undefined;
  const { column, audit } = target;
  const program: [code: number, ifTrue: number, ifFalse: number, k: number][] = [
    [load, 0, 0, 4], // architecture
    [jumpIfEqual, 1, 0, audit],
    [answer, 0, 0, kill],
    [load, 0, 0, 0], // number
  ];
  if (column === 0) program.push([jumpIfGreaterOrEqual, 0, 1, 0x40000000], [answer, 0, 0, kill]); // x32
  const refuse = (number: number | undefined, errno: number) => {
    if (number !== undefined) program.push([jumpIfEqual, 0, 1, number], [answer, 0, 0, error(errno)]);
  };
  for (const call of denied) refuse(call[column], EPERM);
  // its flags are in memory, where no filter sees them: libraries fall back to clone
  refuse(clone3[column], ENOSYS);
  const first = 16; // low half of the first argument
  program.push(
    [jumpIfEqual, 0, 4, clone[column] ?? 0],
    [load, 0, 0, first],
    [jumpIfAnyBit, 0, 1, namespaceFlags],
    [answer, 0, 0, error(EPERM)],
    [answer, 0, 0, allow],
    [jumpIfEqual, 0, families.length + 2, socket[column] ?? 0],
    [load, 0, 0, first],
    ...families.map((family, index): [number, number, number, number] => [
      jumpIfEqual,
      families.length - index,
      0,
      family,
    ]),
    [answer, 0, 0, error(EPERM)],
    [answer, 0, 0, allow],
  );
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(([code, ifTrue, ifFalse, k], index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(ifTrue, index * 8 + 2);
    bytes.writeUInt8(ifFalse, index * 8 + 3);
    bytes.writeUInt32LE(k, index * 8 + 4);
  });
  return bytes;
}
