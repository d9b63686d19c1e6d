/** `sallyport explain <code>`: what an error code means and what to do next. */
import { exitCodes, SallyportError } from '../../../kernel/errors.ts';
import { suggest } from '../../../platform/config/index.ts';
import type { Invocation } from '../command.ts';
import { loadErrorKinds } from '../error-kinds.ts';
import { cliErrors } from '../errors.ts';

/** Prints one error code. Throws E_CODE_UNKNOWN with the nearest known code. */
export const run = async ({ arguments: [given = ''], terminal }: Invocation): Promise<void> => {
  const kinds = await loadErrorKinds();
  const code = given.toUpperCase();
  const kind = kinds.find((candidate) => candidate.code === code);
  if (kind === undefined) {
    const near = suggest(
      code,
      kinds.map((candidate) => candidate.code),
    );
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    throw new SallyportError(cliErrors.E_CODE_UNKNOWN, `there is no code ${given}${hint}`);
  }
  const { title, status, exit, hint } = kind;
  const shown = { code: kind.code, title, status, exit: exitCodes[exit], hint };
  terminal.show(shown, () =>
    [
      `${kind.code}: ${title}`,
      `next: ${hint}`,
      `HTTP status ${status}, exit code ${exitCodes[exit]}`,
    ].join('\n'),
  );
};
