/** docs/reference/config.md, written from the schema. */
import { type ConfigField, type ConfigMember, listConfigFields, unwrap } from './fields.ts';
import { z } from 'zod';

/** The whole reference page as Markdown. A test fails when the committed page differs. */
export const renderConfigReference = (): string => {
  const fields = listConfigFields();
  const rows = fields.flatMap((field) => [
    `| \`${field.key}\` | ${typeOf(field)} | ${defaultOf(field)} | \`${field.environmentName}\`${flagOf(field)} | ${field.meta.description} |`,
    ...field.members.map(
      (member) =>
        `| \`${field.key}[].${member.name}\` | ${memberTypeOf(member)} | ${memberDefaultOf(member)} | | ${member.meta.description} |`,
    ),
  ]);
  return [
    '# Configuration',
    '',
    'Written by `npm run docs` from `src/platform/config/schema.ts`; do not edit.',
    '',
    'A value is taken from the first source that has it: flag, environment, configuration file',
    '(`--config FILE` or `SALLYPORT_CONFIG`, YAML), default. `sallyport config explain` shows each',
    'effective value with its source. Unknown keys and variables are errors. Keys without a flag of',
    'their own are set with `--set key=value`. Lists are comma-separated in flags and variables;',
    'lists of objects are JSON there. Relative paths in the file are relative to the file.',
    '',
    'The passphrase of the key store comes from `keys.passphraseFile`, the variable',
    '`SALLYPORT_KEYS_PASSPHRASE`, or a systemd credential named `sallyport-passphrase`; when none',
    'is given, the first start writes a random one to `passphrase` in the data directory.',
    '',
    '| key | type | default | variable, flag | meaning |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
};

const flagOf = ({ meta }: ConfigField): string => {
  if (meta.isSecret) return ' (only)';
  return meta.flag === undefined ? '' : `, \`${meta.flag}\``;
};

const defaultOf = (field: ConfigField): string => {
  const parsed = field.schema.safeParse(undefined);
  return parsed.data === undefined ? '–' : `\`${JSON.stringify(parsed.data)}\``;
};

const memberTypeOf = ({ schema, meta }: ConfigMember): string => {
  if (meta.isPath) return 'path';
  const inner = unwrap(schema);
  if (inner instanceof z.ZodRecord) return 'lists of text by name';
  return inner instanceof z.ZodArray || inner instanceof z.ZodTuple ? 'list of text' : 'text';
};

const memberDefaultOf = ({ schema }: ConfigMember): string => {
  const parsed = schema.safeParse(undefined);
  if (!parsed.success) return 'required';
  return parsed.data === undefined ? '–' : `\`${JSON.stringify(parsed.data)}\``;
};

const typeOf = (field: ConfigField): string => {
  const inner = unwrap(field.schema);
  if (inner instanceof z.ZodEnum) return inner.options.map((option) => `\`${option}\``).join(', ');
  if (inner instanceof z.ZodNumber)
    return `whole number ${inner.minValue ?? ''} to ${inner.maxValue ?? ''}`;
  const words = { text: 'text', number: 'number', boolean: 'true or false', list: 'list of text' };
  if (field.meta.isPath) return 'path';
  return field.kind === 'objects' ? 'list of objects' : words[field.kind];
};
