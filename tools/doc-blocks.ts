/**
 * Shell blocks of the documentation that are run as tests. A block is run when its fence says
 * ```sh run; all such blocks of one page run in order, in one fresh directory, with `sallyport` on
 * the path. A block with ```sh run exit=6 must end with that exit code.
 */

export type DocBlock = {
  readonly line: number;
  readonly script: string;
  readonly exitCode: number;
};

/** The blocks of one page that are marked to be run. Throws on a marker it does not understand. */
export const runnableBlocks = (markdown: string): readonly DocBlock[] => {
  const blocks: DocBlock[] = [];
  const lines = markdown.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const info = /^```(?:sh|bash)\s+run\b(.*)$/.exec(lines[i] ?? '')?.[1];
    if (info === undefined) continue;
    const end = lines.indexOf('```', i + 1);
    if (end < 0) throw new Error(`line ${i + 1}: the block is never closed`);
    blocks.push({
      line: i + 1,
      script: lines.slice(i + 1, end).join('\n'),
      exitCode: parseExit(info.trim(), i + 1),
    });
    i = end;
  }
  return blocks;
};

const parseExit = (info: string, line: number): number => {
  if (info === '') return 0;
  const code = /^exit=(\d{1,3})$/.exec(info)?.[1];
  if (code === undefined) throw new Error(`line ${line}: unknown marker ${JSON.stringify(info)}`);
  return Number(code);
};
