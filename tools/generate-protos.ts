/**
 * Generates src/doors/workload-api/generated/ from its proto files, with protoc and protoc-gen-es.
 * Usage: node tools/generate-protos.ts [output directory]
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const room = fileURLToPath(new URL('../src/doors/workload-api/', import.meta.url));
const plugin = fileURLToPath(new URL('../node_modules/.bin/protoc-gen-es', import.meta.url));

/** Writes one `…_pb.ts` per proto file; needs protoc on the path, throws when it fails. */
export const generateProtos = (output: string): void => {
  const files = readdirSync(`${room}proto`)
    .filter((name) => name.endsWith('.proto'))
    .sort();
  mkdirSync(output, { recursive: true });
  execFileSync('protoc', [
    `--plugin=protoc-gen-es=${plugin}`,
    `--proto_path=${room}proto`,
    `--es_out=${output}`,
    // Plain type annotations, so that Node runs the files by stripping them; no enums in the protos.
    '--es_opt=target=ts,import_extension=ts',
    ...files,
  ]);
};

if (import.meta.main) generateProtos(process.argv[2] ?? `${room}generated`);
