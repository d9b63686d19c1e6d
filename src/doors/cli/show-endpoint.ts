/** An endpoint for people. */
import type { JsonObject } from '../../kernel/json-value.ts';
import { field, textsField } from './answer.ts';

/** The main facts, one per line. */
export const describeEndpoint = (endpoint: JsonObject): string => {
  const text = (name: string): string => field(endpoint, name, 'string');
  const list = (name: string): string => textsField(endpoint, name).join(', ') || '(nobody)';
  return [
    `${text('name')}: ${text('protocol')} at ${text('url')} (${text('network')} network)`,
    `model there: ${text('upstreamModel')}`,
    `mode ${text('mode')}, audit ${text('audit')}`,
    `roles: ${list('allowedRoles')}`,
    `teams: ${list('allowedTeams')}`,
    `credential: ${field(endpoint, 'hasCredential', 'boolean') ? 'kept' : 'none'}`,
    `version ${field(endpoint, 'version', 'number')}`,
  ].join('\n');
};
