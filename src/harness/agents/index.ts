import { Registry } from '../../base/registry.ts';
import type { Agent } from '../agent.ts';
import { floorSolvers } from './floor.ts';
import { nop } from './nop.ts';
import { shotgun } from './shotgun.ts';

/** Agents that see the public part only. The oracle is not among them: it needs the truth, which the harness never has. */
export function builtinAgents(): Registry<Agent> {
  const agents = new Registry<Agent>('agent', { [nop.name]: nop, [shotgun.name]: shotgun });
  for (const solver of floorSolvers) agents.register(solver.name, solver);
  return agents;
}
