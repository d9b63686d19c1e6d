/** The world of the AuthZEN certification scenario: alice, bob, one active and one archived record. */
import type { World } from './decision-point.ts';

export const recordWorld: World = {
  schema: `entity User { role?: String };
    entity record { status?: String };
    action read, write appliesTo { principal: [User], resource: [record] };
    action delete appliesTo { principal: [User], resource: [record], context: { action?: { soft?: Bool } } };
    action inspect appliesTo { principal: [User], resource: [record],
      context: { at?: datetime, from?: ipaddr, score?: decimal } };`,
  policies: `
    @id("everybody-reads")
    permit (principal, action == Action::"read", resource is record);

    @id("owner-writes")
    @obligations("step_up:aal2, audit:strict")
    permit (principal == User::"alice", action == Action::"write", resource)
      when { resource has status && resource.status == "active" };

    @id("admin-writes")
    permit (principal, action == Action::"write", resource)
      when { principal has role && principal.role == "admin" };

    @id("soft-delete")
    permit (principal == User::"alice", action == Action::"delete", resource)
      when { context has action && context.action has soft && context.action.soft };

    @id("inspection")
    permit (principal, action == Action::"inspect", resource)
      when {
        context has at && context.at < datetime("2026-06-01") &&
        context has from && context.from.isInRange(ip("10.0.0.0/8")) &&
        context has score && context.score.lessThan(decimal("0.5"))
      };`,
  entities: [
    { uid: { type: 'User', id: 'alice' }, attrs: {}, parents: [] },
    { uid: { type: 'User', id: 'bob' }, attrs: {}, parents: [] },
    { uid: { type: 'record', id: 'record-1' }, attrs: { status: 'active' }, parents: [] },
    { uid: { type: 'record', id: 'record-2' }, attrs: { status: 'archived' }, parents: [] },
  ],
};
