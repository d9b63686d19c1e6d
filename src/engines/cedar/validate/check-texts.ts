/** Warns of text in policies that may read as other text than it is. */
import type { Expr, PolicyNode, Span } from '../ast.ts';
import { findingCodes, type Reporter } from './findings.ts';
import { policyCondition } from './scope.ts';
import { hasBidiControl, isOneScript, unexpectedCharacter } from './scripts.ts';
import { visitAll } from './walk.ts';

const maxShown = 60;
const escaped = (text: string): string =>
  Array.from(text.slice(0, maxShown).toWellFormed(), (char) => {
    const isPlain = /^[\p{L}\p{N}\p{P}\p{S} ]$/u.test(char);
    return isPlain ? char : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;
  }).join('');

type Place = { readonly reporter: Reporter; readonly span: Span | undefined };

const checkString = ({ reporter, span }: Place, text: string): void => {
  if (hasBidiControl(text)) {
    const message = `the string "${escaped(text)}" has characters that turn the direction of writing`;
    reporter.warning({ code: findingCodes.bidi, message, span });
  } else if (!isOneScript(text)) {
    const message = `the string "${escaped(text)}" mixes writing systems`;
    reporter.warning({ code: findingCodes.mixedScript, message, span });
  }
};

const checkName = ({ reporter, span }: Place, name: string): void => {
  const warn = (code: Parameters<Reporter['warning']>[0]['code'], what: string): void =>
    reporter.warning({ code, message: `the name \`${escaped(name)}\` ${what}`, span });
  if (hasBidiControl(name)) {
    warn(findingCodes.bidi, 'has characters that turn the direction of writing');
    return;
  }
  const odd = unexpectedCharacter(name);
  if (odd !== undefined)
    warn(findingCodes.confusable, `has the unexpected character ${escaped(odd)}`);
  else if (!isOneScript(name)) warn(findingCodes.mixedScript, 'mixes writing systems');
};

const namesIn = (expr: Expr): readonly string[] => {
  if (expr.kind === 'entity') return [expr.uid.id];
  if (expr.kind === 'get') return [expr.attribute];
  if (expr.kind === 'has') return expr.path;
  return expr.kind === 'record' ? expr.entries.map(({ key }) => key) : [];
};

/** Looks at every string, pattern and name of a policy. */
export const checkTexts = (policy: PolicyNode, reporter: Reporter): void =>
  visitAll(policyCondition(policy), (expr) => {
    const place = { reporter, span: expr.span ?? policy.span };
    if (expr.kind === 'string') checkString(place, expr.value);
    if (expr.kind === 'like') {
      const parts = expr.pattern.map((part) => (part === 'wildcard' ? '*' : part.literal));
      checkString(place, parts.join(''));
    }
    for (const name of namesIn(expr)) checkName(place, name);
  });
