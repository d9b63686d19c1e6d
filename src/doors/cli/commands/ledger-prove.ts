/** `sallyport ledger prove`: the inclusion proof of one entry, as C2SP tlog-proof text. */
import { writeFileAtomic } from '../../../platform/files/index.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import { usage } from '../options.ts';

/** Prints the proof, or writes it to --out. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { options, terminal } = invocation;
  const [index = ''] = invocation.arguments;
  if (!/^\d{1,15}$/.test(index)) throw usage('the index must be a whole number from 0');
  const client = await connect(invocation);
  const proof = await client.text(`/api/v1/ledger/entries/${index}/proof`);
  const out = options.text('out');
  if (out === undefined) {
    if (terminal.isJson) terminal.show({ index: Number(index), proof }, () => '');
    else terminal.raw(proof);
    return;
  }
  await writeFileAtomic(out, proof, { mode: 0o644 });
  terminal.show({ index: Number(index), file: out }, () => out);
};
