/**
 * The one place that says what can be configured: every key with its type, default, bounds and
 * meaning. Environment names, flags and docs/reference/config.md are derived from it.
 */
import { z } from 'zod';
import { isRefusal, type Refusal } from '../../kernel/errors.ts';
import { parseTenantId, parseTrustDomain } from '../../kernel/ids.ts';
import { Secret } from '../../kernel/secret.ts';
import { attestationSchema } from './attestation.ts';
import { key, path } from './key-meta.ts';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const second = 1000;

const host = z.string().min(1).max(255);
const port = z.int().min(0).max(65_535);
const milliseconds = (max: number) => z.int().min(1).max(max);
const hour = 3600 * second;
const clientTls = z.enum(['off', 'optional', 'required']);

const parsedBy = <T>(parse: (text: string) => T | Refusal) =>
  z.string().transform((text, context): T => {
    const parsed = parse(text);
    if (!isRefusal(parsed)) return parsed;
    context.addIssue({ code: 'custom', message: parsed.detail });
    return z.NEVER;
  });

const urlOf = (schemes: readonly string[]) =>
  z
    .string()
    .max(2048)
    .refine(
      (text) => schemes.some((scheme) => text.startsWith(scheme)),
      `must start with ${schemes.join(' or ')}`,
    );

export const configSchema = z.strictObject({
  dataDir: key(path.default('./.sallyport'), {
    description: 'Directory that holds everything the server keeps (mode 0700).',
    flag: '--data-dir',
    isPath: true,
  }),
  tenant: key(parsedBy(parseTenantId).prefault('default'), {
    description: 'Name of the tenant this installation serves.',
  }),
  trustDomain: key(parsedBy(parseTrustDomain).prefault('sallyport.local'), {
    description: 'SPIFFE trust domain; cannot be changed after the first start.',
  }),
  server: z.strictObject({
    host: key(host.default('127.0.0.1'), {
      description: 'Address of the listener for control plane and gateway.',
      flag: '--host',
    }),
    port: key(port.default(7700), {
      description: 'Port of that listener; 0 takes a free one.',
      flag: '--port',
    }),
    tls: z.strictObject({
      mode: key(z.enum(['off', 'server', 'optional', 'required']).default('off'), {
        description:
          'TLS of that listener: off, server (no client certificates), optional or required client certificates. What is required of gateway callers is optional at the control plane, where a token alone is enough: the first administrator has no certificate yet.',
      }),
      certFile: key(path.optional(), {
        description: 'PEM certificate chain; absent: an SVID of the own trust domain.',
        isPath: true,
      }),
      keyFile: key(path.optional(), {
        description: 'PEM private key of certFile (mode 0600).',
        isPath: true,
      }),
    }),
  }),
  gateway: z.strictObject({
    listeners: key(
      z
        .array(z.strictObject({ host, port, tls: clientTls.default('off') }))
        .max(32)
        .default([]),
      { description: 'Further listeners for the gateway alone: {host, port, tls}.' },
    ),
    maxBodyBytes: key(
      z
        .int()
        .min(kibibyte)
        .max(1024 * mebibyte)
        .default(10 * mebibyte),
      {
        description: 'Largest request body, bytes.',
      },
    ),
    maxHeaderBytes: key(
      z
        .int()
        .min(kibibyte)
        .max(mebibyte)
        .default(16 * kibibyte),
      {
        description: 'Largest request head, bytes.',
      },
    ),
    headersTimeoutMs: key(milliseconds(hour).default(10 * second), {
      description: 'Time to receive a request head, milliseconds.',
    }),
    requestTimeoutMs: key(milliseconds(hour).default(60 * second), {
      description: 'Time to receive a whole request, milliseconds.',
    }),
    maxConcurrentRequests: key(z.int().min(1).max(100_000).default(1024), {
      description: 'Requests in flight; more are refused with 503.',
    }),
    maxConnectionsPerPeer: key(z.int().min(1).max(100_000).default(256), {
      description: 'Open connections of one peer address.',
    }),
    upstreamTimeoutMs: key(milliseconds(hour).default(120 * second), {
      description: 'Longest silence of an upstream before the exchange ends, milliseconds.',
    }),
    allowPrivateUpstreams: key(z.boolean().default(true), {
      description:
        'Allow registered upstreams on loopback and private addresses. Link-local ones never are.',
    }),
  }),
  storage: z.strictObject({
    url: key(urlOf(['sqlite:', 'postgres://', 'postgresql://']).default('sqlite:'), {
      description: 'sqlite: (inside the data directory) or postgres://user:password@host/database.',
      isUrl: true,
    }),
  }),
  cache: z.strictObject({
    url: key(
      urlOf(['memory:', 'valkey://', 'valkeys://', 'redis://', 'rediss://']).default('memory:'),
      { description: 'memory: (one process) or valkey://host (shared by replicas).', isUrl: true },
    ),
  }),
  keys: z.strictObject({
    passphraseFile: key(path.optional(), {
      description: 'File with the passphrase that seals the key store (mode 0600).',
      isPath: true,
    }),
    passphrase: key(
      z
        .string()
        .transform((text) => new Secret(text))
        .optional(),
      { description: 'The passphrase itself.', isSecret: true },
    ),
  }),
  ledger: z.strictObject({
    origin: key(
      z
        .string()
        .min(1)
        .max(255)
        .refine((text) => !/[\s+]/.test(text), 'holds neither spaces nor plus signs')
        .optional(),
      { description: 'Origin line of checkpoints; absent: derived from the trust domain.' },
    ),
    commitWindowMs: key(z.int().min(0).max(100).default(2), {
      description: 'Longest wait for company before a commit, milliseconds.',
    }),
    checkpointIntervalMs: key(milliseconds(hour).default(second), {
      description: 'Longest age of the published checkpoint under load, milliseconds.',
    }),
    reserveBytes: key(
      z
        .int()
        .min(64 * kibibyte)
        .max(1024 * mebibyte)
        .default(4 * mebibyte),
      {
        description: 'Disk space kept aside so that refusals are recorded on a full disk, bytes.',
      },
    ),
    witnesses: key(z.array(z.string().min(1).max(8192)).max(32).default([]), {
      description: 'Verifier keys (vkey) of witnesses whose cosignatures are accepted.',
    }),
  }),
  log: z.strictObject({
    level: key(z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'), {
      description: 'Least level that is written to standard error.',
      flag: '--log-level',
    }),
  }),
  authzen: z.strictObject({
    publicUrl: key(z.url().max(512).optional(), {
      description: 'How AuthZEN clients reach this decision point; its metadata is then signed.',
    }),
    types: key(
      z
        .array(z.string().regex(/^[^=]{1,256}=[A-Za-z_][A-Za-z0-9_:]{0,255}$/))
        .max(256)
        .default([]),
      { description: 'AuthZEN types named differently from entity types, as `identity=User`.' },
    ),
  }),
  attestation: attestationSchema,
  policies: z.strictObject({
    dir: key(path.optional(), {
      description: 'Directory with Cedar policies; absent: the shipped ones.',
      isPath: true,
    }),
    evaluator: key(z.enum(['sallyport', 'cedar-wasm']).default('sallyport'), {
      description: 'Who evaluates policies: our own Cedar, or the reference build (40 MB more).',
    }),
  }),
});

/** The effective configuration, every value parsed. */
export type Config = z.output<typeof configSchema>;
