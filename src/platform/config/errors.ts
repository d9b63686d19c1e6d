/** Codes of the config room. */
import { defineErrors } from '../../kernel/errors.ts';

export const configErrors = defineErrors({
  E_CONFIG_INVALID: {
    status: 500,
    exit: 'usage',
    title: 'Configuration is invalid',
    hint: 'Correct the named keys; `sallyport config explain` shows each value and its source.',
  },
  E_CONFIG_FILE: {
    status: 500,
    exit: 'usage',
    title: 'Configuration file cannot be used',
    hint: 'Check the path given with --config and the YAML at the named place.',
  },
  E_PASSPHRASE: {
    status: 500,
    exit: 'usage',
    title: 'Key store passphrase cannot be used',
    hint: 'Put at least 12 characters into a file with mode 0600 and name it in keys.passphraseFile.',
  },
});
