/**
 * Shell blocks of the documentation that are run as tests. A block is run when its fence says
 * ```sh run; all such blocks of one page run in order, in one fresh directory. Further words:
 * exit=6 expects that exit code; background=7700 leaves the block running until the page ends and
 * goes on when the port answers; after=7700 first stops what was left running on that port. Both
 * take a unix socket as well: background=run/web.sock.
 */

/** A port, or the path of a unix socket in the page's directory. */
export type Place = number | string;

export type DocBlock = {
  readonly line: number;
  readonly script: string;
  readonly exitCode: number;
  /** Where the block is to answer while the page goes on. */
  readonly background?: Place;
  /** Where the background block answers that is to be stopped before this one. */
  readonly after?: Place;
};
type Marks = Omit<DocBlock, 'line' | 'script'>;

/** The blocks of one page that are marked to be run. Throws on a marker it does not understand. */
export const runnableBlocks = (markdown: string): readonly DocBlock[] => {
  const blocks: DocBlock[] = [];
  const lines = markdown.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const info = /^```(?:sh|bash)\s+run\b(.*)$/.exec(lines[i] ?? '')?.[1];
    if (info === undefined) continue;
    const end = lines.indexOf('```', i + 1);
    if (end < 0) throw new Error(`line ${i + 1}: the block is never closed`);
    const script = lines.slice(i + 1, end).join('\n');
    blocks.push({ line: i + 1, script, ...parseMarks(info.trim(), i + 1) });
    i = end;
  }
  return blocks;
};

const toPlace = (text: string): Place | undefined => {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  return /^[a-z][a-z/]{0,40}\.sock$/.test(text) ? text : undefined;
};

const parseMarks = (info: string, line: number): Marks => {
  const words = info.split(/\s+/).filter((word) => word !== '');
  const marks = words.map((word) => {
    const [, name = '', value = ''] = /^(exit|background|after)=([\da-z/.]+)$/.exec(word) ?? [];
    const place = toPlace(value);
    if (place === undefined || (name === 'exit' && typeof place === 'string'))
      throw new Error(`line ${line}: unknown marker ${JSON.stringify(word)}`);
    return [name === 'exit' ? 'exitCode' : name, place] as const;
  });
  return { exitCode: 0, ...Object.fromEntries(marks) };
};

/** The same text with the ports a page names replaced by those of one run. */
export const withPorts = (text: string, ports: ReadonlyMap<number, number>): string =>
  text.replace(/(?<![\w.])\d{4,5}(?![\w.])/g, (digits) =>
    String(ports.get(Number(digits)) ?? digits),
  );
