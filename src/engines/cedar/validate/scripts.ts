/**
 * Which writing systems a text uses (Unicode scripts with their extensions, UTS 39 §5.1), and which
 * characters identifiers should be made of. Looks at each text once; ASCII costs nothing.
 */

const scriptNames =
  'Adlm Aghb Ahom Arab Armi Armn Avst Bali Bamu Bass Batk Beng Bhks Bopo Brah Brai Bugi Buhd Cakm ' +
  'Cans Cari Cham Cher Chrs Copt Cpmn Cprt Cyrl Deva Diak Dogr Dsrt Dupl Egyp Elba Elym Ethi Geor ' +
  'Glag Gong Gonm Goth Gran Grek Gujr Guru Hang Hani Hano Hatr Hebr Hira Hluw Hmng Hmnp Hung Ital ' +
  'Java Kali Kana Kawi Khar Khmr Khoj Kits Knda Kthi Lana Laoo Latn Lepc Limb Lina Linb Lisu Lyci ' +
  'Lydi Mahj Maka Mand Mani Marc Medf Mend Merc Mero Mlym Modi Mong Mroo Mtei Mult Mymr Nagm Nand ' +
  'Narb Nbat Newa Nkoo Nshu Ogam Olck Orkh Orya Osge Osma Ougr Palm Pauc Perm Phag Phli Phlp Phnx ' +
  'Plrd Prti Rjng Rohg Runr Samr Sarb Saur Sgnw Shaw Shrd Sidd Sind Sinh Sogd Sogo Sora Soyo Sund ' +
  'Sylo Syrc Tagb Takr Tale Talu Taml Tang Tavt Telu Tfng Tglg Thaa Thai Tibt Tirh Tnsa Toto Ugar ' +
  'Vaii Vith Wara Wcho Xpeo Xsux Yezi Yiii Zanb';

/** Languages written in several scripts at once (UTS 39: Jpan, Kore, Hanb). */
const families: Readonly<Record<string, readonly string[]>> = {
  Jpan: ['Hani', 'Hira', 'Kana'],
  Kore: ['Hani', 'Hang'],
  Hanb: ['Hani', 'Bopo'],
};

/** Scripts in everyday use; identifiers of others are unexpected (UAX 31, table 5). */
const everyday =
  'Arab Armn Beng Bopo Cyrl Deva Ethi Geor Grek Gujr Guru Hang Hani Hebr Hira Kana Knda Khmr Laoo ' +
  'Latn Mlym Mymr Orya Sinh Taml Telu Thaa Thai Tibt';

const isCommon = (char: string): boolean => /^[\p{scx=Zyyy}\p{scx=Zinh}]$/u.test(char);

const isInScript = (char: string, script: string): boolean => {
  try {
    return new RegExp(`^\\p{scx=${script}}$`, 'u').test(char);
  } catch {
    // A script that this Unicode version does not know has no characters.
    return false;
  }
};

const isWrittenIn = (char: string, system: string): boolean =>
  (families[system] ?? [system]).some((script) => isInScript(char, script));

const isAscii = (text: string): boolean => {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 127) return false;
  return true;
};

/** Whether all letters of the text are of one writing system. */
export const isOneScript = (text: string): boolean => {
  if (isAscii(text)) return true;
  let systems = [...scriptNames.split(' '), ...Object.keys(families)];
  for (const char of new Set(text)) {
    if (isCommon(char)) continue;
    systems = systems.filter((system) => isWrittenIn(char, system));
    if (systems.length === 0) return false;
  }
  return true;
};

/** Whether the text has characters that turn the direction of writing. */
export const hasBidiControl = (text: string): boolean => /[\u202a-\u202e\u2066-\u2069]/u.test(text);

const isExpected = (char: string): boolean => {
  const code = char.codePointAt(0) ?? 0;
  if (code < 128) return code >= 32 && code < 127;
  if (!/^\p{XID_Continue}$/u.test(char) || /^\p{Default_Ignorable_Code_Point}$/u.test(char))
    return false;
  if (char.normalize('NFKC') !== char) return false;
  return isCommon(char) || everyday.split(' ').some((script) => isInScript(char, script));
};

/** The first character that a name should not have: not printable ASCII, nor a letter in use. */
export const unexpectedCharacter = (name: string): string | undefined =>
  Iterator.from(name).find((char) => !isExpected(char));
