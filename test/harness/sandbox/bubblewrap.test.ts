import { bubblewrap } from '../../../src/harness/sandbox/bubblewrap/bubblewrap.ts';
import { sandboxConformance } from '../../conformance/sandbox.ts';

await sandboxConformance(bubblewrap);
