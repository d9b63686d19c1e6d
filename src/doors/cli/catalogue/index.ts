/** All commands of the tool, in the order of the help. */
import type { CommandSpec } from '../command.ts';
import { agentCommands } from './agent.ts';
import { identityCommands } from './identity.ts';
import { ledgerCommands } from './ledger.ts';
import { policyCommands } from './policy.ts';
import { registryCommands } from './registry.ts';
import { systemCommands } from './system.ts';
import { workloadCommands } from './workloads.ts';

/** Declarations only; nothing behind them is loaded. */
export const listCommands = (): readonly CommandSpec[] => [
  ...systemCommands,
  ...identityCommands,
  ...workloadCommands,
  ...agentCommands,
  ...registryCommands,
  ...policyCommands,
  ...ledgerCommands,
];
