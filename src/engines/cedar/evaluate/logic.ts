/** `&&`, `||`, `!`, `if`: who is decided by the left side does not look at the right one. */
import type { Expr } from '../ast.ts';
import { type Code, wrongType } from './code.ts';

const needsBool = (operator: string): string => `${operator} needs a bool`;

type Sides = { readonly left: Expr; readonly right: Expr };

export const andCode = (left: Code, right: Code, node: Sides): Code => {
  const needs = needsBool('&&');
  return (env) => {
    const first = left(env);
    if (first === false) return false;
    if (first !== true) return wrongType(first, needs, node.left);
    const second = right(env);
    return typeof second === 'boolean' ? second : wrongType(second, needs, node.right);
  };
};

export const orCode = (left: Code, right: Code, node: Sides): Code => {
  const needs = needsBool('||');
  return (env) => {
    const first = left(env);
    if (first === true) return true;
    if (first !== false) return wrongType(first, needs, node.left);
    const second = right(env);
    return typeof second === 'boolean' ? second : wrongType(second, needs, node.right);
  };
};

export const notCode = (operand: Code, node: Expr): Code => {
  const needs = needsBool('!');
  return (env) => {
    const value = operand(env);
    return typeof value === 'boolean' ? !value : wrongType(value, needs, node);
  };
};

type Branches = { readonly condition: Code; readonly then: Code; readonly otherwise: Code };

export const ifCode = ({ condition, then, otherwise }: Branches, node: Expr): Code => {
  const needs = needsBool('if');
  return (env) => {
    const value = condition(env);
    if (value === true) return then(env);
    return value === false ? otherwise(env) : wrongType(value, needs, node);
  };
};
