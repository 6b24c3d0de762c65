import { Registry } from '../../base/registry.ts';
import type { Agent } from '../agent.ts';
import { loudestAlert } from './loudest-alert.ts';
import { nop } from './nop.ts';
import { shotgun } from './shotgun.ts';

/** Agents that see the public part only. The oracle is not among them: it needs the truth, which the harness never has. */
export function builtinAgents(): Registry<Agent> {
  return new Registry('agent', {
    [loudestAlert.name]: loudestAlert,
    [nop.name]: nop,
    [shotgun.name]: shotgun,
  });
}
