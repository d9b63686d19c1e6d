/** Words of the language: what is reserved, and which extension functions exist in which style. */

/** Words that are never names. `__cedar` is reserved too, as a part of names. */
const reservedWords = ['true', 'false', 'if', 'then', 'else', 'in', 'is', 'like', 'has'] as const;
export type ReservedWord = (typeof reservedWords)[number];
const reserved: ReadonlySet<string> = new Set(reservedWords);
export const isReserved = (word: string): word is ReservedWord => reserved.has(word);

export const reservedNamePart = '__cedar';

const isWordStart = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
export const isDigit = (code: number): boolean => code >= 48 && code <= 57;
export const isWordPart = (code: number): boolean => isWordStart(code) || isDigit(code);
export { isWordStart };

/** True for `[_a-zA-Z][_a-zA-Z0-9]*`. */
export const isWord = (text: string): boolean => {
  if (!isWordStart(text.charCodeAt(0))) return false;
  for (let at = 1; at < text.length; at++) if (!isWordPart(text.charCodeAt(at))) return false;
  return true;
};

/** True for a word that can name an attribute, a type or a namespace. */
export const isIdentifier = (text: string): boolean =>
  isWord(text) && !isReserved(text) && text !== reservedNamePart;

/** True for identifiers joined by `::`. */
export const isTypeName = (text: string): boolean => text.split('::').every(isIdentifier);

/** True for `Action` in any namespace. */
export const isActionType = (type: string): boolean =>
  type === 'Action' || type.endsWith('::Action');

/** `unknown` is the marker of partial evaluation; it is read, and means nothing otherwise. */
const functions: ReadonlySet<string> = new Set([
  'decimal',
  'ip',
  'datetime',
  'duration',
  'unknown',
]);
const methods: ReadonlySet<string> = new Set([
  'lessThan',
  'lessThanOrEqual',
  'greaterThan',
  'greaterThanOrEqual',
  'isIpv4',
  'isIpv6',
  'isLoopback',
  'isMulticast',
  'isInRange',
  'offset',
  'durationSince',
  'toDate',
  'toTime',
  'toMilliseconds',
  'toSeconds',
  'toMinutes',
  'toHours',
  'toDays',
]);
/** Methods of the language itself, with the number of their arguments. */
const builtins: ReadonlyMap<string, 0 | 1> = new Map([
  ['contains', 1],
  ['containsAll', 1],
  ['containsAny', 1],
  ['getTag', 1],
  ['hasTag', 1],
  ['isEmpty', 0],
]);

export type BuiltinMethod = 'contains' | 'containsAll' | 'containsAny' | 'getTag' | 'hasTag';
export const isFunction = (name: string): boolean => functions.has(name);
export const isMethod = (name: string): boolean => methods.has(name);
export const builtinArity = (name: string): 0 | 1 | undefined => builtins.get(name);
export const isBinaryBuiltin = (name: string): name is BuiltinMethod => builtins.get(name) === 1;
export const functionNames = (): readonly string[] => [...functions].filter((n) => n !== 'unknown');
export const methodNames = (): readonly string[] => [...builtins.keys(), ...methods];
