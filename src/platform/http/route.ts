/** What a route is: method, address, guard, schemas and a handler that returns values. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { z } from 'zod';
import type { Refusal } from '../../kernel/errors.ts';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The thing an action is done to, as policies name it. */
export type ResourceRef = { readonly type: string; readonly id: string };

export type PathParams = Readonly<Record<string, string>>;

/** Who may: an action on a resource, decided before the body is read. */
export type Guard = {
  readonly action: string;
  readonly resource: ResourceRef | ((params: PathParams) => ResourceRef);
};

/** Open to everybody, with the reason why that is right. */
export type PublicGuard = { readonly public: string };

export type ResolvedGuard = { readonly action: string; readonly resource: ResourceRef };

/** The parts of a request that exist before its body is read. */
export type HttpRequest = {
  /** The request id, UUIDv7 or what the client sent as X-Request-ID. */
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly peerAddress: string;
  /** The raw message, for the TLS socket's certificate. Not for reading the body. */
  readonly raw: IncomingMessage;
};

/** Lets a request through with a principal-bearing context, or refuses it. Must not throw. */
export type Authorize<Context> = (
  request: HttpRequest,
  guard: ResolvedGuard,
) => Promise<Context | Refusal> | Context | Refusal;

/** A response that is not JSON: made by `rawResponse`. */
export type RawResponse = { readonly contentType: string; readonly description: string };
export const rawResponse = (contentType: string, description: string): RawResponse => ({
  contentType,
  description,
});

/** An answer that goes on: made by `streamResponse`. */
export type StreamResponse = RawResponse & { readonly isStream: true };
export const streamResponse = (contentType: string, description: string): StreamResponse => ({
  contentType,
  description,
  isStream: true,
});

/** Where a stream is written to. After `onClose` was called, writing does nothing. */
export type StreamSink = {
  /** Bytes that wait because the peer reads too slowly; to be bounded by whoever writes. */
  readonly waitingBytes: () => number;
  readonly write: (text: string) => void;
  readonly end: () => void;
  /** Cuts the connection: the peer notices that something is missing. */
  readonly cut: () => void;
  /** The peer has gone, or the stream has ended. */
  readonly onClose: (listener: () => void) => void;
};
export type StreamAnswer = { readonly start: (sink: StreamSink) => void };

type ResponseSchema = z.ZodType | RawResponse;
/** Readonly all the way down, so that domains' objects can be answered as they are. */
type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;

/** What a handler returns for a response schema. */
export type Answer<R extends ResponseSchema> = R extends z.ZodType
  ? Frozen<z.output<R>>
  : R extends StreamResponse
    ? StreamAnswer
    : string | Uint8Array;

export type HandlerInput<Context, P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> = {
  readonly context: Context;
  readonly request: HttpRequest;
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  readonly body: z.output<B>;
  /** Sets a header of the answer, for example ETag. */
  readonly setHeader: (name: string, value: string) => void;
  /** For a success that is not the route's usual one, for example 202. */
  readonly setStatus: (status: number) => void;
};

export type RouteSchema<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  R extends ResponseSchema,
> = {
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Shape of the successful answer; fields it does not name never leave the server. */
  readonly response: R;
};

export type Route<
  Context,
  G extends Guard | PublicGuard,
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
  R extends ResponseSchema = ResponseSchema,
> = {
  readonly method: HttpMethod;
  /** Path with `:parameters`; a final `*` takes the rest. */
  readonly url: string;
  readonly guard: G;
  readonly summary: string;
  readonly schema: RouteSchema<P, Q, B, R>;
  /** Status of the successful answer; 200 when absent. */
  readonly status?: number;
  readonly maxBodyBytes?: number;
  /** A refusal becomes a problem document; a thrown error too, without its inside. */
  readonly handler: (
    input: HandlerInput<G extends PublicGuard ? undefined : Context, P, Q, B>,
  ) => Promise<Answer<R> | Refusal> | Answer<R> | Refusal;
};

/** A registered route, for documents and for the test that walks them all. */
export type RouteListing = {
  readonly method: HttpMethod;
  readonly url: string;
  readonly summary: string;
  readonly guard: Guard | PublicGuard;
};

export const isPublic = (guard: Guard | PublicGuard): guard is PublicGuard => 'public' in guard;
