/** Which methods an address knows, to tell 405 from 404. */
import type { RouteListing } from './route.ts';

/** Methods registered for a request path (query already removed), in order of registration. */
export const methodsFor = (path: string, routes: readonly RouteListing[]): readonly string[] =>
  routes.filter((route) => matches(route.url, path)).map((route) => route.method);

const matches = (pattern: string, path: string): boolean => {
  const wanted = pattern.split('/');
  const given = path.split('/');
  for (const [i, part] of wanted.entries()) {
    if (part === '*') return given.length >= wanted.length;
    const segment = given[i];
    if (segment === undefined) return false;
    if (part.startsWith(':') ? segment === '' : segment !== part) return false;
  }
  return given.length === wanted.length;
};
