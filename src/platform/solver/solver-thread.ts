/**
 * Entry of the solver's thread. Scripts run synchronously in here, so that no further threads are
 * made; who started this thread ends it when a script takes too long.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { init } from 'z3-solver';
import type { SolverReply, ThreadReply, ThreadRequest, ThreadStart } from './types.ts';

/** The part of Emscripten that is used: calling an exported function on this thread. */
type Module = {
  readonly ccall: (
    ...call: readonly [string, 'string', readonly string[], readonly unknown[]]
  ) => string;
};

/** What Z3 says beside its answers, for example when its memory is used up. */
const silent = { print: () => undefined, printErr: () => undefined };

const start = async (port: NonNullable<typeof parentPort>): Promise<void> => {
  const loaded = await init(silent);
  const { Z3 } = loaded;
  const em = loaded.em as Module;
  const { memoryMb } = workerData as ThreadStart;
  Z3.global_param_set('memory_max_size', String(memoryMb));
  const run = (script: string): SolverReply => {
    const config = Z3.mk_config();
    const context = Z3.mk_context(config);
    Z3.del_config(config);
    try {
      const args = [context, script];
      return {
        output: em.ccall('Z3_eval_smtlib2_string', 'string', ['number', 'string'], args),
      };
    } finally {
      Z3.del_context(context);
    }
  };
  const reply = (message: ThreadReply): void => port.postMessage(message);
  port.on('message', ({ script }: ThreadRequest) => reply({ kind: 'reply', ...run(script) }));
  reply({ kind: 'ready' });
};

if (parentPort !== null) await start(parentPort);
