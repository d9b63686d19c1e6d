/**
 * Events that are alike but for a few values: validated once as a sample, then written as text
 * again and again, with the values put into the holes. What is written is what JSON.stringify of the
 * whole event would give.
 */
import type { OcsfEvent, OcsfProblem } from './event.ts';
import { validateOcsf } from './validate.ts';

/** Dotted path of a value that changes, without array indices: `http_request.length`. */
export type HolePath = string;

/**
 * What may fill a hole. A hole whose sample is a number takes integers, a text takes text, an
 * object takes any plain JSON object.
 */
export type HoleValue = number | string | object;

type Hole = { readonly path: HolePath; readonly kind: 'number' | 'string' | 'object' };

/** One event made from a template. */
export class WrittenEvent {
  readonly template: EventTemplate;
  /** The whole event as JSON text. */
  readonly json: string;
  /** The event's `time`. */
  readonly timeMs: number;
  /** The event's `metadata.correlation_uid`. */
  readonly correlationUid: string;

  constructor(template: EventTemplate, json: string, identity: EventIdentity) {
    this.template = template;
    this.json = json;
    this.timeMs = identity.timeMs;
    this.correlationUid = identity.correlationUid;
  }

  /** The event as an object, parsed anew. */
  read(): OcsfEvent {
    return JSON.parse(this.json) as OcsfEvent;
  }
}

/** What is particular to every event. */
export type EventIdentity = { readonly timeMs: number; readonly correlationUid: string };

const identityPaths: readonly HolePath[] = ['time', 'metadata.correlation_uid'];

const integerText = (value: HoleValue): string => {
  if (!Number.isSafeInteger(value)) throw new TypeError('the hole takes an integer');
  return String(value as number);
};

/** JSON of a text without lone surrogates, which strict readers refuse. */
const stringText = (value: HoleValue): string => {
  if (typeof value !== 'string') throw new TypeError('the hole takes text');
  return JSON.stringify(value.isWellFormed() ? value : value.toWellFormed());
};

const wellFormed = (_name: string, value: unknown): unknown =>
  typeof value === 'string' ? value.toWellFormed() : value;

const objectText = (value: HoleValue): string => {
  if (typeof value !== 'object') throw new TypeError('the hole takes an object');
  const text = JSON.stringify(value);
  return text.includes('\\ud') ? JSON.stringify(value, wellFormed) : text;
};

const writers = { number: integerText, string: stringText, object: objectText } as const;

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

export class EventTemplate {
  /** The event the template was made from. */
  readonly sample: OcsfEvent;
  readonly #texts: readonly string[];
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
    this.#holes = parts.holes;
    this.#sources = parts.holes.map(({ path }) => paths.indexOf(path) - identityPaths.length);
  }

  /**
   * Writes one event. `values` come in the order in which the holes were named.
   *
   * @throws TypeError when a value does not fit its hole
   */
  write(identity: EventIdentity, values: readonly HoleValue[]): WrittenEvent {
    let json = this.#texts[0] as string;
    for (let i = 0; i < this.#holes.length; i++) {
      const source = this.#sources[i] as number;
      if (source === -2) json += integerText(identity.timeMs);
      else if (source === -1) json += stringText(identity.correlationUid);
      else json += writers[(this.#holes[i] as Hole).kind](values[source] as HoleValue);
      json += this.#texts[i + 1] as string;
    }
    return new WrittenEvent(this, json, identity);
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
