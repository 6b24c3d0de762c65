import { docker } from '../../../src/harness/sandbox/docker/docker.ts';
import { sandboxConformance } from '../../conformance/sandbox.ts';

await sandboxConformance(docker);
