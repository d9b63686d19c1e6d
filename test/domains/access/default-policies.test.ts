/** The policies that ship with Sallyport: who may do what, as a table. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type Access, createMemoryAccess } from '../../../src/domains/access/index.ts';
import { ask, entities } from './world.ts';

const table: readonly (readonly [string, string, string, string | false])[] = [
  ['User::root', 'policy:update', 'System::sallyport', 'admin-administers'],
  ['User::root', 'endpoint:create', 'System::sallyport', 'admin-administers'],
  ['User::root', 'token:create', 'Service::reader', 'admin-administers'],
  ['User::root', 'svid:mint', 'Service::reader', 'admin-administers'],
  ['User::root', 'ledger:prove', 'System::sallyport', 'admin-administers'],
  ['User::root', 'access:evaluate', 'System::sallyport', 'admin-administers'],
  ['User::root', 'system:admin', 'System::sallyport', 'admin-administers'],
  ['User::root', 'infer', 'Endpoint::digits', false],
  ['User::olga', 'endpoint:create', 'System::sallyport', 'operator-operates'],
  ['User::olga', 'endpoint:delete', 'Endpoint::digits', 'operator-operates'],
  ['User::olga', 'budget:update', 'Service::reader', 'operator-operates'],
  ['User::olga', 'policy:update', 'System::sallyport', false],
  ['User::olga', 'principal:create', 'System::sallyport', false],
  ['User::olga', 'ledger:read', 'System::sallyport', false],
  ['User::ada', 'ledger:read', 'System::sallyport', 'auditor-observes'],
  ['User::ada', 'policy:read', 'System::sallyport', 'auditor-observes'],
  ['User::ada', 'endpoint:read', 'Endpoint::digits', 'auditor-observes'],
  ['User::ada', 'endpoint:update', 'Endpoint::digits', false],
  ['User::ada', 'access:evaluate', 'System::sallyport', false],
  ['Service::gate', 'access:evaluate', 'System::sallyport', 'enforcement-point-evaluates'],
  ['Service::gate', 'policy:read', 'System::sallyport', false],
  ['Agent::helper', 'infer', 'Endpoint::digits', 'granted-role-uses-endpoint'],
  ['Agent::helper', 'chat', 'Endpoint::digits', 'granted-role-uses-endpoint'],
  ['Agent::helper', 'infer', 'Endpoint::open', false],
  ['Service::reader', 'embed', 'Endpoint::open', 'granted-team-uses-endpoint'],
  ['Service::reader', 'embed', 'Endpoint::guests', 'granted-role-uses-endpoint'],
  ['Service::reader', 'infer', 'Endpoint::digits', false],
  ['Service::reader', 'infer', 'Endpoint::closed', false],
  ['Service::reader', 'infer', 'Endpoint::unknown', false],
  ['Service::reader', 'list_models', 'System::sallyport', 'anyone-lists-models'],
  ['Service::reader', 'list_models', 'Endpoint::digits', false],
  ['Service::reader', 'principal:read', 'Service::reader', 'self-service'],
  ['Service::reader', 'token:revoke', 'Service::reader', 'self-service'],
  ['Service::reader', 'token:create', 'Service::reader', false],
  ['Service::reader', 'principal:read', 'Service::gate', false],
  ['User::gone', 'policy:update', 'System::sallyport', false],
  ['User::gone', 'infer', 'Endpoint::digits', false],
  ['Service::foreign', 'infer', 'Endpoint::digits', false],
  ['User::nobody', 'infer', 'Endpoint::digits', false],
  ['User::nobody', 'policy:read', 'System::sallyport', false],
  ['User::root', 'unheard-of', 'System::sallyport', false],
];

describe('the shipped policies', () => {
  let access: Access;
  before(async () => {
    access = await createMemoryAccess({ entities });
  });

  for (const [who, action, what, reason] of table)
    it(`${reason === false ? 'deny' : 'let'} ${who} ${action} ${what}`, () => {
      const answer = access.decide(ask(who, `${action} ${what}`));
      assert.deepEqual(answer.errors, []);
      assert.equal(answer.decision, reason === false ? 'deny' : 'allow');
      if (reason !== false) assert.equal(answer.reasons[0]?.policyId, reason);
    });

  it('say which prohibition stood in the way', () => {
    const reasonOf = (who: string) =>
      access.decide(ask(who, 'infer Endpoint::digits')).reasons.map(({ policyId }) => policyId);
    assert.deepEqual(reasonOf('User::gone'), ['disabled-principals-are-shut-out']);
    assert.deepEqual(reasonOf('Service::foreign'), ['tenants-stay-apart']);
  });

  it('are valid without a warning', () => {
    assert.deepEqual(access.policies.list().problems, []);
  });
});
