/**
 * Shell blocks of the documentation that are run as tests. A block is run when its fence says
 * ```sh run; all such blocks of one page run in order, in one fresh directory. Further words:
 * exit=6 expects that exit code; background=7700 leaves the block running until the page ends and
 * goes on when the port answers; after=7700 first stops what was left running on that port.
 */

export type DocBlock = {
  readonly line: number;
  readonly script: string;
  readonly exitCode: number;
  /** Port on which the block is to answer while the page goes on. */
  readonly background?: number;
  /** Port of the background block to be stopped before this one. */
  readonly after?: number;
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

const parseMarks = (info: string, line: number): Marks => {
  const words = info.split(/\s+/).filter((word) => word !== '');
  const marks = words.map((word) => {
    const [, name = '', value] = /^(exit|background|after)=(\d{1,5})$/.exec(word) ?? [];
    if (name === '') throw new Error(`line ${line}: unknown marker ${JSON.stringify(word)}`);
    return [name === 'exit' ? 'exitCode' : name, Number(value)] as const;
  });
  return { exitCode: 0, ...Object.fromEntries(marks) };
};

/** The same text with the ports a page names replaced by those of one run. */
export const withPorts = (text: string, ports: ReadonlyMap<number, number>): string =>
  text.replace(/(?<![\w.])\d{4,5}(?![\w.])/g, (digits) =>
    String(ports.get(Number(digits)) ?? digits),
  );
