import { virtual } from '../../../src/harness/sandbox/virtual/virtual.ts';
import { sandboxConformance } from '../../conformance/sandbox.ts';

await sandboxConformance(virtual);
