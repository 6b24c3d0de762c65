import { describe, expect, it } from 'vitest';
import { seccompFilter } from '../../../src/harness/sandbox/bubblewrap/seccomp.ts';

const audit = { x64: 0xc000003e, arm64: 0xc00000b7 };
const allow = 0x7fff0000;
const EPERM = 0x00050001;
const ENOSYS = 0x00050026;

/** What the kernel would answer: an interpreter of the instructions that the filter uses. */
function answer(filter: Uint8Array, architecture: number, call: number, first = 0): number {
  const view = new DataView(filter.buffer, filter.byteOffset, filter.length);
  const data = new Map([
    [0, call],
    [4, architecture],
    [16, first],
  ]);
  let accumulator = 0;
  for (let at = 0; at < filter.length / 8; at++) {
    const [code, k] = [view.getUint16(at * 8, true), view.getUint32(at * 8 + 4, true)];
    const jump = (condition: boolean) => {
      at += view.getUint8(at * 8 + (condition ? 2 : 3));
    };
    if (code === 0x20) accumulator = data.get(k) ?? Number.NaN;
    else if (code === 0x15) jump(accumulator === k);
    else if (code === 0x35) jump(accumulator >= k);
    else if (code === 0x45) jump((accumulator & k) !== 0);
    else if (code === 0x06) return k;
    else throw new Error(`instruction ${code.toString(16)}`);
  }
  throw new Error('the filter has no end');
}

describe.each([
  { name: 'x64', mount: 165, unshare: 272, bpf: 321, read: 0, execve: 59, clone: 56, socket: 41 },
  { name: 'arm64', mount: 40, unshare: 97, bpf: 280, read: 63, execve: 221, clone: 220, socket: 198 },
] as const)('system calls on $name', ({ name, ...calls }) => {
  const filter = seccompFilter(name) ?? new Uint8Array();
  const ask = (call: number, first?: number) => answer(filter, audit[name], call, first);

  it('refuses what opens the kernel and allows what programs need', () => {
    for (const call of [calls.mount, calls.unshare, calls.bpf, 425, 428, 442]) expect(ask(call)).toBe(EPERM);
    for (const call of [calls.read, calls.execve, 424, 434, 450]) expect(ask(call)).toBe(allow);
    expect(ask(435)).toBe(ENOSYS);
  });

  it('lets processes be made, but no namespaces', () => {
    expect(ask(calls.clone, 0x1200011)).toBe(allow);
    for (const flag of [0x10000000, 0x20000, 0x20000000, 0x40000000])
      expect(ask(calls.clone, 0x11 | flag)).toBe(EPERM);
  });

  it('allows sockets of families that a namespace holds', () => {
    for (const family of [1, 2, 10, 16]) expect(ask(calls.socket, family)).toBe(allow);
    for (const family of [0, 17, 38, 40, 44]) expect(ask(calls.socket, family)).toBe(EPERM);
  });

  it('kills a process that uses the calls of another processor', () => {
    expect(answer(filter, 0x40000003, calls.read)).toBe(0x80000000);
    if (name === 'x64') expect(ask(0x40000000 + calls.read)).toBe(0x80000000);
  });
});

it('has no filter for other processors', () => {
  expect(seccompFilter('s390x')).toBeUndefined();
});
