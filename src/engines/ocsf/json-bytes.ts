/**
 * JSON scalars as UTF-8, straight into a buffer. The target must have room: a text takes at most six
 * bytes per UTF-16 unit and two quotes. Each function returns where it ended.
 */
const encoder = new TextEncoder();
const quote = 0x22;
const backslash = 0x5c;
/** Up to here a loop is quicker than a call of the encoder. */
const shortText = 48;

/** Text that is JSON already. */
export const putJson = (target: Uint8Array, at: number, json: string): number => {
  if (json.length > shortText) return putEncoded(target, at, json);
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code > 0x7e) return putEncoded(target, at, json);
    target[at + i] = code;
  }
  return at + json.length;
};

const putEncoded = (target: Uint8Array, at: number, json: string): number =>
  at + encoder.encodeInto(json, target.subarray(at)).written;

/** A text with its quotes; lone surrogates, which strict readers refuse, become U+FFFD. */
export const putText = (target: Uint8Array, at: number, text: string): number => {
  let end = at;
  target[end++] = quote;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e || code === quote || code === backslash)
      return putEncoded(target, at, JSON.stringify(text.toWellFormed()));
    target[end++] = code;
  }
  target[end++] = quote;
  return end;
};

/** Bytes a text can take with its quotes. */
export const textBound = (text: string): number => text.length * 6 + 2;
