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

/** What may follow each beginning of a command: `''` the nouns, `identity` its parts, and so on. */
const branches = (catalogue: readonly CommandSpec[]): ReadonlyMap<string, ReadonlySet<string>> => {
  const next = new Map<string, Set<string>>();
  for (const { path } of catalogue)
    for (const [depth, word] of path.entries()) {
      const start = path.slice(0, depth).join(' ');
      next.set(start, (next.get(start) ?? new Set()).add(word));
    }
  return next;
};

const renderBash = (catalogue: readonly CommandSpec[]): string => {
  const inner = [...branches(catalogue)].map(
    ([start, words]) => `      '${start}') words='${[...words].join(' ')}' ;;`,
  );
  const leaves = catalogue.map((spec) => {
    const words = [...longOptions(spec), ...(spec.arguments?.[0]?.choices ?? [])].join(' ');
    return `      '${spec.path.join(' ')}') words='${words}' ;;`;
  });
  return [
    '# sallyport completion; source this file',
    '_sallyport() {',
    '  local current="${COMP_WORDS[COMP_CWORD]}" words=""',
    '  local name="${COMP_WORDS[*]:1:$((COMP_CWORD - 1))}"',
    '  while [ -z "$words" ]; do',
    '    case "$name" in',
    ...inner,
    ...leaves,
    '    esac',
    '    [ -z "$name" ] && break',
    '    case "$name" in *" "*) name="${name% *}" ;; *) name="" ;; esac',
    '  done',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '  case "$current" in -*|"") ;; *) [ -z "${COMPREPLY[*]}" ] && COMPREPLY=($(compgen -f -- "$current")) ;; esac',
    '}',
    'complete -F _sallyport sallyport',
    '',
  ].join('\n');
};

const quote = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;

/** True in fish when all these words were typed. */
const fishCondition = (words: readonly string[]): string =>
  words.length === 0
    ? '__fish_use_subcommand'
    : quote(words.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and '));

const renderFish = (catalogue: readonly CommandSpec[]): string => {
  const groups = [...branches(catalogue)].flatMap(([start, words]) => {
    const typed = start === '' ? [] : start.split(' ');
    const leaves = new Set(catalogue.map(({ path }) => path.join(' ')));
    return [...words]
      .filter((word) => !leaves.has([...typed, word].join(' ')))
      .map((word) => `complete -c sallyport -n ${fishCondition(typed)} -a ${word}`);
  });
  const lines = catalogue.flatMap((spec) => {
    const last = spec.path.at(-1) ?? '';
    const before = fishCondition(spec.path.slice(0, -1));
    const here = fishCondition(spec.path);
    const options = optionsOf(spec).map(({ flags, description }) => {
      const long = (flags.split(' ', 1)[0] ?? '').replace(/^--/, '');
      const takesValue = flags.includes('<') ? ' -r' : '';
      return `complete -c sallyport -n ${here} -l ${long}${takesValue} -d ${quote(description)}`;
    });
    return [`complete -c sallyport -n ${before} -a ${last} -d ${quote(spec.summary)}`, ...options];
  });
  return ['# sallyport completion', 'complete -c sallyport -f', ...groups, ...lines, ''].join('\n');
};
