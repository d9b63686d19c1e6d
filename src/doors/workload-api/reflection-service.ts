/** gRPC server reflection v1: lists the services of a socket and hands out their descriptors. */
import { create, type DescFile, type DescService, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { Code, type ServiceImpl } from '@connectrpc/connect';
import {
  type ServerReflection,
  type ServerReflectionRequest,
  ServerReflectionResponseSchema,
} from './generated/reflection_pb.ts';

type Init = NonNullable<Parameters<typeof create<typeof ServerReflectionResponseSchema>>[1]>;
type Answer = NonNullable<Extract<Init, { readonly messageResponse?: unknown }>['messageResponse']>;

/** A file and everything it imports, each once. */
const withImports = (file: DescFile, seen = new Set<DescFile>()): ReadonlySet<DescFile> => {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const dependency of file.dependencies) withImports(dependency, seen);
  return seen;
};

const symbolsOf = (file: DescFile): readonly string[] => [
  ...file.services.map(({ typeName }) => typeName),
  ...file.services.flatMap(({ typeName, methods }) =>
    methods.map(({ name }) => `${typeName}.${name}`),
  ),
  ...file.messages.map(({ typeName }) => typeName),
];

const fileAnswer = (file: DescFile | undefined): Answer => {
  if (file === undefined)
    return {
      case: 'errorResponse',
      value: { errorCode: Code.NotFound, errorMessage: 'nothing of this name' },
    };
  const files = Array.from(withImports(file), ({ proto }) =>
    toBinary(FileDescriptorProtoSchema, proto),
  );
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto: files } };
};

const answerTo = (
  services: readonly DescService[],
  { messageRequest }: ServerReflectionRequest,
): Answer => {
  const files = services.flatMap(({ file }) => [...withImports(file)]);
  switch (messageRequest.case) {
    case 'listServices': {
      const names = services.map(({ typeName }) => ({ name: typeName }));
      return { case: 'listServicesResponse', value: { service: names } };
    }
    case 'fileByFilename':
      return fileAnswer(files.find(({ proto }) => proto.name === messageRequest.value));
    case 'fileContainingSymbol':
      return fileAnswer(files.find((file) => symbolsOf(file).includes(messageRequest.value)));
    case undefined:
      return fileAnswer(undefined);
  }
};

/** Answers about these services only. */
export const createReflectionService = (
  services: readonly DescService[],
): ServiceImpl<typeof ServerReflection> => ({
  serverReflectionInfo: async function* (requests) {
    for await (const request of requests)
      yield create(ServerReflectionResponseSchema, {
        validHost: request.host,
        originalRequest: request,
        messageResponse: answerTo(services, request),
      });
  },
});
