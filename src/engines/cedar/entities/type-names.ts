/** Names of entity types, checked once and held once. */
import { isTypeName } from '../syntax/names.ts';

const maxRemembered = 4096;
const maxLength = 1024;

export type TypeNames = {
  /** The one string for this name; undefined when it names no type. */
  readonly known: (name: string) => string | undefined;
};

export const createTypeNames = (): TypeNames => {
  const names = new Map<string, string>();
  const learn = (name: string): string | undefined => {
    if (name.length > maxLength || !isTypeName(name)) return undefined;
    if (names.size >= maxRemembered) names.clear();
    names.set(name, name);
    return name;
  };
  return { known: (name) => names.get(name) ?? learn(name) };
};
