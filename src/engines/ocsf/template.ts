/**
 * Events that are alike but for a few values: validated once as a sample, then written as text
 * again and again, with the values put into the holes. What is written is what JSON.stringify of the
 * whole event would give.
 */
import type { OcsfEvent, OcsfProblem } from './event.ts';
import { putJson, putText, textBound } from './json-bytes.ts';
import { validateOcsf } from './validate.ts';

/** Dotted path of a value that changes, without array indices: `http_request.length`. */
export type HolePath = string;

/**
 * What may fill a hole. A hole whose sample is a number takes integers, a text takes text, an
 * object takes any plain JSON object.
 */
export type HoleValue = number | string | object;

type Hole = { readonly path: HolePath; readonly kind: 'number' | 'string' | 'object' };

/** What stands in a hole: an integer, a text, or the JSON of an object. */
type Filling = number | string;

/** One event made from a template: becomes bytes once, and text only when somebody asks for it. */
export class WrittenEvent {
  readonly template: EventTemplate;
  /** The event's `time`. */
  readonly timeMs: number;
  /** The event's `metadata.correlation_uid`. */
  readonly correlationUid: string;
  /** As many bytes as `encodeInto` may take. */
  readonly maxBytes: number;
  readonly #fillings: readonly Filling[];

  /** Made by `EventTemplate.write`. */
  constructor(
    template: EventTemplate,
    identity: EventIdentity,
    filled: { readonly fillings: readonly Filling[]; readonly maxBytes: number },
  ) {
    this.template = template;
    this.timeMs = identity.timeMs;
    this.correlationUid = identity.correlationUid;
    this.maxBytes = filled.maxBytes;
    this.#fillings = filled.fillings;
  }

  /** The whole event as JSON text. */
  get json(): string {
    return this.template.textOf(this.#fillings);
  }

  /** Writes the JSON text as UTF-8 and returns where it ends; `maxBytes` must be free from `at` on. */
  encodeInto(target: Uint8Array, at: number): number {
    return this.template.encodeInto(target, at, this.#fillings);
  }

  /** The event as an object, parsed anew. */
  read(): OcsfEvent {
    return JSON.parse(this.json) as OcsfEvent;
  }
}

/** What is particular to every event. */
export type EventIdentity = { readonly timeMs: number; readonly correlationUid: string };

const identityPaths: readonly HolePath[] = ['time', 'metadata.correlation_uid'];

const integer = (value: HoleValue | undefined): number => {
  if (!Number.isSafeInteger(value)) throw new TypeError('the hole takes an integer');
  return value as number;
};

const string = (value: HoleValue | undefined): string => {
  if (typeof value !== 'string') throw new TypeError('the hole takes text');
  return value;
};

const wellFormed = (_name: string, value: unknown): unknown =>
  typeof value === 'string' ? value.toWellFormed() : value;

/** JSON without lone surrogates, which strict readers refuse. */
const objectText = (value: HoleValue | undefined): string => {
  if (typeof value !== 'object') throw new TypeError('the hole takes an object');
  const text = JSON.stringify(value);
  return text.includes('\\ud') ? JSON.stringify(value, wellFormed) : text;
};

const fillers = { number: integer, string, object: objectText } as const;

const integerBytes = 20;
/** A UTF-16 unit becomes at most three bytes. */
const maxUnitBytes = 3;

const boundOf = (filling: Filling, kind: Hole['kind']): number => {
  if (typeof filling === 'number') return integerBytes;
  return kind === 'string' ? textBound(filling) : filling.length * maxUnitBytes;
};

const encoder = new TextEncoder();

/** Constant text and holes in the order of the text. */
class Splitter {
  readonly texts: string[] = [];
  readonly holes: Hole[] = [];
  readonly #paths: ReadonlySet<HolePath>;
  #text = '';

  constructor(paths: ReadonlySet<HolePath>) {
    this.#paths = paths;
  }

  value(value: unknown, path: string): void {
    const kind = typeof value;
    if (this.#paths.has(path) && (kind === 'number' || kind === 'string' || kind === 'object'))
      this.#hole({ path, kind });
    else if (Array.isArray(value)) this.#array(value, path);
    else if (kind === 'object' && value !== null) this.#object(value as object, path);
    else this.#text += JSON.stringify(kind === 'string' ? (value as string).toWellFormed() : value);
  }

  end(): void {
    this.texts.push(this.#text);
  }

  #hole(hole: Hole): void {
    this.texts.push(this.#text);
    this.#text = '';
    this.holes.push(hole);
  }

  #array(items: readonly unknown[], path: string): void {
    this.#text += '[';
    for (const [i, item] of items.entries()) {
      if (i > 0) this.#text += ',';
      this.value(item, path);
    }
    this.#text += ']';
  }

  #object(fields: object, path: string): void {
    this.#text += '{';
    let separator = '';
    for (const [name, value] of Object.entries(fields)) {
      if (value === undefined) continue;
      this.#text += `${separator}${JSON.stringify(name.toWellFormed())}:`;
      separator = ',';
      this.value(value, path === '' ? name : `${path}.${name}`);
    }
    this.#text += '}';
  }
}

const putBytes = (target: Uint8Array, at: number, bytes: Uint8Array): number => {
  target.set(bytes, at);
  return at + bytes.length;
};

export class EventTemplate {
  /** The event the template was made from. */
  readonly sample: OcsfEvent;
  readonly #texts: readonly string[];
  /** The same as UTF-8. */
  readonly #bytes: readonly Uint8Array[];
  readonly #constantBytes: number;
  readonly #holes: readonly Hole[];
  /** Position of each hole's value: −2 time, −1 correlation, otherwise an index into the values. */
  readonly #sources: readonly number[];

  constructor(
    sample: OcsfEvent,
    parts: Pick<Splitter, 'texts' | 'holes'>,
    paths: readonly HolePath[],
  ) {
    this.sample = sample;
    this.#texts = parts.texts;
    this.#bytes = parts.texts.map((text) => encoder.encode(text));
    this.#constantBytes = this.#bytes.reduce((sum, { length }) => sum + length, 0);
    this.#holes = parts.holes;
    this.#sources = parts.holes.map(({ path }) => paths.indexOf(path) - identityPaths.length);
  }

  /**
   * Writes one event. `values` come in the order in which the holes were named.
   *
   * @throws TypeError when a value does not fit its hole
   */
  write(identity: EventIdentity, values: readonly HoleValue[]): WrittenEvent {
    const fillings: Filling[] = [];
    let maxBytes = this.#constantBytes;
    for (let i = 0; i < this.#holes.length; i++) {
      const filling = this.#fill(i, identity, values);
      maxBytes += boundOf(filling, (this.#holes[i] as Hole).kind);
      fillings.push(filling);
    }
    return new WrittenEvent(this, identity, { fillings, maxBytes });
  }

  /** Text of an event of this template. */
  textOf(fillings: readonly Filling[]): string {
    let json = this.#texts[0] as string;
    for (let i = 0; i < this.#holes.length; i++) {
      const filling = fillings[i] as Filling;
      const isText = (this.#holes[i] as Hole).kind === 'string';
      json += isText ? JSON.stringify((filling as string).toWellFormed()) : String(filling);
      json += this.#texts[i + 1] as string;
    }
    return json;
  }

  /** The same text as UTF-8; returns where it ends. */
  encodeInto(target: Uint8Array, at: number, fillings: readonly Filling[]): number {
    let end = putBytes(target, at, this.#bytes[0] as Uint8Array);
    for (let i = 0; i < this.#holes.length; i++) {
      const filling = fillings[i] as Filling;
      const isText = (this.#holes[i] as Hole).kind === 'string';
      end = isText
        ? putText(target, end, filling as string)
        : putJson(target, end, String(filling));
      end = putBytes(target, end, this.#bytes[i + 1] as Uint8Array);
    }
    return end;
  }

  #fill(hole: number, identity: EventIdentity, values: readonly HoleValue[]): Filling {
    const source = this.#sources[hole] as number;
    if (source === -2) return integer(identity.timeMs);
    if (source === -1) return string(identity.correlationUid);
    return fillers[(this.#holes[hole] as Hole).kind](values[source]);
  }
}

/**
 * Makes a template of a sample event, or says what is wrong with the sample. `time` and
 * `metadata.correlation_uid` are always holes. A hole may stand where the schema takes any value of
 * the sample's kind (no enumeration, no required members): the values are not validated again.
 */
export const createEventTemplate = (
  sample: OcsfEvent,
  holes: readonly HolePath[],
): EventTemplate | readonly OcsfProblem[] => {
  const problems = validateOcsf(sample);
  if (problems.length > 0) return problems;
  const paths = [...identityPaths, ...holes];
  const splitter = new Splitter(new Set(paths));
  splitter.value(sample, '');
  splitter.end();
  const missing = paths.filter((path) => !splitter.holes.some((hole) => hole.path === path));
  if (missing.length > 0) return missing.map((path) => ({ path, problem: 'is not in the sample' }));
  return new EventTemplate(sample, splitter, paths);
};
