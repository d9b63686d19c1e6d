/** Completion scripts, written from the catalogue. They complete nouns, verbs and options. */
import type { CommandSpec } from './command.ts';
import { optionsOf } from './program.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

/** The script to source in a shell. */
export const renderCompletion = (shell: Shell, catalogue: readonly CommandSpec[]): string => {
  if (shell === 'fish') return renderFish(catalogue);
  const body = renderBash(catalogue);
  return shell === 'bash' ? body : `autoload -U +X bashcompinit && bashcompinit\n${body}`;
};

const longOptions = (spec: CommandSpec): readonly string[] => [
  ...new Set(optionsOf(spec).map(({ flags }) => flags.split(' ', 1)[0] ?? '')),
];

const nouns = (catalogue: readonly CommandSpec[]): readonly string[] => [
  ...new Set(catalogue.map(({ path }) => path[0] ?? '')),
];

const renderBash = (catalogue: readonly CommandSpec[]): string => {
  const cases = catalogue.map((spec) => {
    const words = [...longOptions(spec), ...(spec.arguments?.[0]?.choices ?? [])].join(' ');
    return `    '${spec.path.join(' ')}') words='${words}' ;;`;
  });
  const verbs = nouns(catalogue).flatMap((noun) => {
    const list = catalogue.filter(({ path }) => path[0] === noun && path.length > 1);
    return list.length === 0
      ? []
      : [`    '${noun}') words='${list.map(({ path }) => path[1]).join(' ')}' ;;`];
  });
  return [
    '# sallyport completion; source this file',
    '_sallyport() {',
    '  local current="${COMP_WORDS[COMP_CWORD]}" words=""',
    '  local noun="${COMP_WORDS[1]}" verb="${COMP_WORDS[2]}"',
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    words='${nouns(catalogue).join(' ')}'`,
    '  else',
    '    case "$noun" in',
    ...verbs,
    '    esac',
    '    if [ "$COMP_CWORD" -gt 2 ] || [ -z "$words" ]; then',
    '      local name="$noun"',
    '      [ -n "$words" ] && name="$noun $verb"',
    '      words=""',
    '      case "$name" in',
    ...cases.map((line) => `  ${line}`),
    '      esac',
    '    fi',
    '  fi',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '  case "$current" in -*|"") ;; *) [ -z "${COMPREPLY[*]}" ] && COMPREPLY=($(compgen -f -- "$current")) ;; esac',
    '}',
    'complete -F _sallyport sallyport',
    '',
  ].join('\n');
};

const renderFish = (catalogue: readonly CommandSpec[]): string => {
  const quote = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;
  const lines = catalogue.flatMap((spec) => {
    const [noun = '', verb] = spec.path;
    const atVerb = `'__fish_seen_subcommand_from ${noun}'`;
    const here =
      verb === undefined
        ? atVerb
        : `'__fish_seen_subcommand_from ${noun}; and __fish_seen_subcommand_from ${verb}'`;
    const name =
      verb === undefined
        ? `complete -c sallyport -n __fish_use_subcommand -a ${noun} -d ${quote(spec.summary)}`
        : `complete -c sallyport -n ${atVerb} -a ${verb} -d ${quote(spec.summary)}`;
    const options = optionsOf(spec).map(({ flags, description }) => {
      const long = (flags.split(' ', 1)[0] ?? '').replace(/^--/, '');
      const takesValue = flags.includes('<') ? ' -r' : '';
      return `complete -c sallyport -n ${here} -l ${long}${takesValue} -d ${quote(description)}`;
    });
    return [name, ...options];
  });
  const groups = nouns(catalogue)
    .filter((noun) => catalogue.some(({ path }) => path[0] === noun && path.length > 1))
    .map((noun) => `complete -c sallyport -n __fish_use_subcommand -a ${noun}`);
  return ['# sallyport completion', 'complete -c sallyport -f', ...groups, ...lines, ''].join('\n');
};
