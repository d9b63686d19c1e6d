/**
 * Validates events against the generated OCSF tables in one pass over the event: unknown and
 * undeclared attributes, types, enumerations, required attributes, constraints, and the text that
 * must accompany "Other" (99). Total: hostile values produce problems, never an exception.
 */
import type { OcsfProblem } from './event.ts';
import { ocsfSchema } from './generated/schema.ts';
import { isJsonValue, isRareScalar, scalarNames } from './scalars.ts';
import {
  arrayBit,
  type Constraint,
  type EnumTable,
  type ObjectTable,
  presenceShift,
  profileShift,
  targetShift,
  typeCodes,
  typeMask,
} from './schema-format.ts';

const maxProblems = 50;
const maxDepth = 24;
const maxItems = 10_000;
const other = 99;

type Fields = Readonly<Record<string, unknown>>;

/** One run: the declared profiles, where we are, and what was found. */
type Run = {
  readonly profiles: number;
  readonly path: (string | number)[];
  readonly problems: OcsfProblem[];
};

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const pathText = (path: readonly (string | number)[]): string => {
  let text = '';
  for (const step of path)
    text +=
      typeof step === 'number' ? `[${step}]` : `${text === '' ? '' : '.'}${step.slice(0, 64)}`;
  return text;
};

const report = (run: Run, step: string | number | undefined, problem: string): void => {
  if (run.problems.length >= maxProblems) return;
  const path = step === undefined ? run.path : [...run.path, step];
  run.problems.push({ path: pathText(path), problem });
};

const isAllowed = (table: EnumTable, value: unknown): boolean => {
  if ('strings' in table) return table.strings.includes(value as string);
  const number = value as number;
  if (number >= 0 && number <= 30) return ((table.bits >> number) & 1) === 1;
  return table.more.includes(number);
};

const isScalar = (type: number, value: unknown): boolean => {
  if (type === typeCodes.string) return typeof value === 'string';
  if (type === typeCodes.integer) return Number.isSafeInteger(value);
  if (type === typeCodes.boolean) return typeof value === 'boolean';
  return isRareScalar(type, value);
};

const checkScalar = (run: Run, packed: number, at: { step: string | number; value: unknown }) => {
  const type = packed & typeMask;
  if (!isScalar(type, at.value)) {
    report(run, at.step, `must be ${scalarNames[type] ?? 'another type'}`);
    return;
  }
  const target = packed >> targetShift;
  const table = target === 0 ? undefined : ocsfSchema.enums[target - 1];
  if (table !== undefined && !isAllowed(table, at.value))
    report(run, at.step, 'is not one of the allowed values');
};

const checkNested = (run: Run, packed: number, at: { step: string | number; value: unknown }) => {
  const table = ocsfSchema.objects[(packed >> targetShift) - 1];
  if (table === undefined || !isFields(at.value)) {
    report(run, at.step, 'must be an object');
    return;
  }
  if (run.path.length >= maxDepth) {
    report(run, at.step, 'is nested too deeply');
    return;
  }
  run.path.push(at.step);
  checkFields(run, table, at.value);
  run.path.pop();
};

const checkValue = (run: Run, packed: number, at: { step: string | number; value: unknown }) => {
  const type = packed & typeMask;
  if (type === typeCodes.nested) checkNested(run, packed, at);
  else if (type > typeCodes.nested) checkScalar(run, packed, at);
  else if (type === typeCodes.object && !isFields(at.value))
    report(run, at.step, 'must be an object');
  else if (!isJsonValue(at.value)) report(run, at.step, 'must be plain JSON');
};

const checkItems = (run: Run, packed: number, at: { step: string; value: unknown }): void => {
  if (!Array.isArray(at.value) || at.value.length > maxItems) {
    report(run, at.step, `must be an array of at most ${maxItems} items`);
    return;
  }
  run.path.push(at.step);
  for (let step = 0; step < at.value.length; step++)
    checkValue(run, packed, { step, value: at.value[step] as unknown });
  run.path.pop();
};

const hasOneBit = (bits: number): boolean => bits !== 0 && (bits & (bits - 1)) === 0;

const checkConstraint = (
  run: Run,
  constraint: Constraint,
  at: { readonly present: number; readonly fields: Fields },
): void => {
  const { kind, mask, names, profile } = constraint;
  if (profile !== undefined && ((run.profiles >> profile) & 1) === 0) return;
  const found = at.present & mask;
  if (kind === 'all' && found !== mask) {
    for (const name of names) if (at.fields[name] === undefined) report(run, name, 'is required');
  } else if (kind === 'some' && found === 0)
    report(run, undefined, `needs at least one of ${names.join(', ')}`);
  else if (kind === 'one' && !hasOneBit(found))
    report(run, undefined, `needs exactly one of ${names.join(', ')}`);
};

const checkOther = (run: Run, name: string, fields: Fields): void => {
  const sibling = ocsfSchema.siblings[name];
  if (sibling !== undefined && typeof fields[sibling] !== 'string')
    report(run, name, `is 99 (Other), so ${sibling} must say what`);
};

const checkProfile = (run: Run, name: string, profile: number): void => {
  if (((run.profiles >> profile) & 1) === 0)
    report(run, name, `needs the profile ${ocsfSchema.profiles[profile]} in metadata.profiles`);
};

/** The inner loop: everything common is decided here without a call. */
const checkFields = (run: Run, table: ObjectTable, fields: Fields): void => {
  let present = 0;
  for (const name in fields) {
    const value = fields[name];
    if (value === undefined) continue;
    const packed = table.attributes[name];
    if (packed === undefined) {
      report(run, name, `is not an attribute of ${table.name}; extra facts go under unmapped`);
      continue;
    }
    const presence = (packed >> presenceShift) & 0x1f;
    if (presence !== 0) present |= 1 << (presence - 1);
    const profile = (packed >> profileShift) & 0xf;
    if (profile !== 0) checkProfile(run, name, profile - 1);
    if ((packed & arrayBit) !== 0) checkItems(run, packed, { step: name, value });
    else if (
      (packed & typeMask) !== typeCodes.string ||
      typeof value !== 'string' ||
      packed >> targetShift !== 0
    )
      checkValue(run, packed, { step: name, value });
    if (value === other) checkOther(run, name, fields);
  }
  const at = { present, fields };
  for (const constraint of table.constraints) checkConstraint(run, constraint, at);
};

const declaredProfiles = (event: Fields, allowed: number): number | string => {
  const names = isFields(event.metadata) ? event.metadata.profiles : undefined;
  if (!Array.isArray(names)) return 0;
  let bits = 0;
  for (const name of names as readonly unknown[]) {
    const number = ocsfSchema.profiles.indexOf(name as string);
    if (number < 0 || ((allowed >> number) & 1) === 0)
      return typeof name === 'string' ? name.slice(0, 64) : 'an item';
    bits |= 1 << number;
  }
  return bits;
};

const checkComputed = (
  run: Run,
  event: Fields,
  expected: { readonly classUid: number; readonly categoryUid: number },
): void => {
  if (event.category_uid !== expected.categoryUid)
    report(run, 'category_uid', `must be ${expected.categoryUid}`);
  const { activity_id: activityId } = event;
  if (typeof activityId === 'number' && event.type_uid !== expected.classUid * 100 + activityId)
    report(run, 'type_uid', 'must be class_uid × 100 + activity_id');
  const version = isFields(event.metadata) ? event.metadata.version : undefined;
  if (version !== ocsfSchema.version)
    report(run, 'metadata.version', `must be ${ocsfSchema.version}`);
};

/**
 * Everything wrong with an event, at most 50 problems; an empty list means it is valid OCSF 1.8.0
 * of a class Sallyport emits. Unknown attributes are problems: extra facts belong under `unmapped`.
 * Operating-system extensions are not known.
 */
export const validateOcsf = (event: unknown): readonly OcsfProblem[] => {
  if (!isFields(event)) return [{ path: '', problem: 'must be an object' }];
  const { class_uid: classUid } = event;
  const table = typeof classUid === 'number' ? ocsfSchema.classes[classUid] : undefined;
  if (table === undefined)
    return [{ path: 'class_uid', problem: 'is not a class this validator knows' }];
  const profiles = declaredProfiles(event, table.profiles);
  if (typeof profiles === 'string')
    return [{ path: 'metadata.profiles', problem: `${profiles} does not apply to ${table.name}` }];
  const run: Run = { profiles, path: [], problems: [] };
  checkComputed(run, event, table);
  checkFields(run, table, event);
  return run.problems;
};
