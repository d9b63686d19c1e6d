/** Turns what undici, DNS, TCP and TLS say into refusals of our own, without their words. */
import { isRefusal, type Refusal, refuse, SallyportError } from '../../../kernel/errors.ts';
import { gatewayErrors } from '../errors.ts';

/** Carries a refusal through APIs that know only errors. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.detail);
    this.refusal = refusal;
  }
}

const timeouts = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

const isCertificateError = (code: string): boolean =>
  code.includes('CERT') ||
  code.startsWith('ERR_TLS') ||
  code.startsWith('ERR_SSL') ||
  code === 'DEPTH_ZERO_SELF_SIGNED_CERT' ||
  code.startsWith('UNABLE_TO_');

/**
 * @param wasSent bytes of the request may have reached the upstream
 */
export const upstreamFailure = (error: unknown, wasSent: boolean): Refusal => {
  if (error instanceof Cancelled) return error.refusal;
  if (isRefusal(error)) return error;
  if (error instanceof SallyportError) return refuse(error.kind, error.message, error.data);
  const code = codeOf(error);
  if (timeouts.has(code))
    return refuse(gatewayErrors.E_UPSTREAM_TIMEOUT, 'the upstream was silent for too long');
  if (isCertificateError(code))
    return refuse(
      gatewayErrors.E_UPSTREAM_UNTRUSTED,
      'the certificate of the upstream is not good',
    );
  if (!wasSent)
    return refuse(gatewayErrors.E_UPSTREAM_UNREACHABLE, 'no connection to the upstream');
  return refuse(gatewayErrors.E_UPSTREAM_BROKEN, 'the upstream broke off its answer');
};
