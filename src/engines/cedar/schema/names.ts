/** What may be a name in a schema, and which names are taken. Total on any text. */

const reservedWords = new Set(['true', 'false', 'if', 'then', 'else', 'in', 'is', 'like', 'has']);
const primitiveNames = new Set(['Bool', 'Boolean', 'Entity', 'Extension', 'Long', 'Record', 'Set']);

const isLetter = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** Whether an identifier can start (or with `inside`, go on) with this UTF-16 unit. */
export const isIdentifierUnit = (code: number, inside: boolean): boolean =>
  isLetter(code) || (inside && isDigit(code));

/** Letters, digits and `_`, not starting with a digit; reserved words count. */
export const isAnyIdentifier = (text: string): boolean => {
  if (text === '') return false;
  for (let at = 0; at < text.length; at++)
    if (!isIdentifierUnit(text.charCodeAt(at), at > 0)) return false;
  return true;
};

export const isReservedWord = (text: string): boolean => reservedWords.has(text);

/** An identifier a type, attribute or namespace part may be written with. */
export const isIdentifier = (text: string): boolean =>
  isAnyIdentifier(text) && !isReservedWord(text);

/** Identifiers joined by `::`. */
export const isName = (text: string): boolean => text.split('::').every(isIdentifier);

/** Names with `__cedar` in them belong to the language. */
export const isReservedName = (name: string): boolean => name.split('::').includes('__cedar');

/** Common types may not be called like the types of the language. */
export const isReservedCommonType = (name: string): boolean =>
  primitiveNames.has(name) || name === 'String';

/** The full name of something declared in a namespace. */
export const qualify = (namespace: string, name: string): string =>
  namespace === '' ? name : `${namespace}::${name}`;

/** Why `text` cannot name a declared type or namespace, or nothing. */
export const nameProblem = (text: string): string | undefined => {
  if (text === '') return 'the name is empty';
  const word = text.split('::').find((part) => !isIdentifier(part));
  if (word !== undefined)
    return isReservedWord(word) ? `\`${word}\` is a reserved word` : `\`${text}\` is not a name`;
  return isReservedName(text)
    ? 'names with `__cedar` in them are reserved for the language'
    : undefined;
};
