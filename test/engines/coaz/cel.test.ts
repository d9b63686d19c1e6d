/** The CEL subset: values, operators, faults with their places, and what is not offered. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CelValue, compileCel, defaultCelLimits } from '../../../src/engines/coaz/index.ts';
import { isRefusal } from '../../../src/kernel/errors.ts';

const params: CelValue = {
  n: 5,
  half: 0.5,
  big: 9_007_199_254_740_993n,
  text: 'héllo 😀',
  none: null,
  list: ['a', 'b', 3],
  deep: { er: { x: true } },
  'odd-name': 'odd',
  __proto__x: 1,
};
const token: CelValue = { sub: 'alice', scope: 'read write', aud: ['one'] };

/** The value, `'absent'`, or the code and offset of the refusal. */
const evaluate = (text: string): unknown => {
  const program = compileCel(text, ['params', 'token', 'missing']);
  const result = isRefusal(program) ? program : program.run({ params, token });
  if (isRefusal(result)) return `${result.error.code}@${String(result.data['at'])}`;
  return 'absent' in result ? 'absent' : result.value;
};

const table = (cases: readonly (readonly [string, unknown])[]): void => {
  for (const [text, wanted] of cases)
    it(`${text} → ${JSON.stringify(wanted)}`, () => assert.deepEqual(evaluate(text), wanted));
};

describe('literals', () => {
  table([
    ['null', null],
    ['true', true],
    ['42', 42],
    ['0x2A', 42],
    ['-0x10', -16],
    ['9223372036854775807', '9223372036854775807'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['18446744073709551615u', '18446744073709551615'],
    ['7U', 7],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['1e3', 1000],
    ['-1.5e-1', -0.15],
    [`'it\\'s'`, "it's"],
    ['"a\\n\\t\\x41\\u00e9\\U0001F600\\101"', 'a\n\tAé😀A'],
    [`r'a\\n'`, 'a\\n'],
    [`'''a"b'c\nd'''`, `a"b'c\nd`],
    ['"""x"""', 'x'],
    ['""', ''],
    ['b"\\xff\\377é"', '///DqQ=='],
    ['rb"\\x"', 'XHg='],
    ['[1, "a", [true,],]', [1, 'a', [true]]],
    ['{"a": 1, 2: "b", true: {}}', { a: 1, 2: 'b', true: {} }],
    ['{"__proto__": 1}', JSON.parse('{"__proto__":1}')],
    ['1 // note\n + 1', 2],
  ]);
});

describe('what is no expression', () => {
  table([
    ['', 'E_CEL_SYNTAX@0'],
    ['1 +', 'E_CEL_SYNTAX@3'],
    ['1 2', 'E_CEL_SYNTAX@2'],
    ['(1', 'E_CEL_SYNTAX@2'],
    ['[1', 'E_CEL_SYNTAX@2'],
    ['{1}', 'E_CEL_SYNTAX@2'],
    ['a', 'E_CEL_SYNTAX@0'],
    ['params.', 'E_CEL_SYNTAX@7'],
    ['params.in', 'E_CEL_SYNTAX@7'],
    ['params.`a"b`', 'E_CEL_SYNTAX@7'],
    ['if', 'E_CEL_SYNTAX@0'],
    ['"open', 'E_CEL_SYNTAX@0'],
    ['"a\nb"', 'E_CEL_SYNTAX@0'],
    ['"\\q"', 'E_CEL_SYNTAX@1'],
    ['"\\ud800"', 'E_CEL_SYNTAX@1'],
    ['"\\U00110000"', 'E_CEL_SYNTAX@1'],
    ['"\\x4"', 'E_CEL_SYNTAX@1'],
    ['"\\477"', 'E_CEL_SYNTAX@1'],
    ['b"\\u0041"', 'E_CEL_SYNTAX@2'],
    ['9223372036854775808', 'E_CEL_SYNTAX@0'],
    ['18446744073709551616u', 'E_CEL_SYNTAX@0'],
    ['1e999', 'E_CEL_SYNTAX@0'],
    ['1.', 'E_CEL_SYNTAX@2'],
    ['1x', 'E_CEL_SYNTAX@0'],
    ['1 = 1', 'E_CEL_SYNTAX@2'],
    ['params.text.matches("a*")', 'E_CEL_SYNTAX@12'],
    ['params.list.map(x, x)', 'E_CEL_SYNTAX@12'],
    ['size()', 'E_CEL_SYNTAX@0'],
    ['toString(1)', 'E_CEL_SYNTAX@0'],
    ['params.text.constructor()', 'E_CEL_SYNTAX@12'],
    ['has(params)', 'E_CEL_SYNTAX@0'],
    ['has(params.?n)', 'E_CEL_SYNTAX@0'],
    ['!-1', 'E_CEL_SYNTAX@1'],
  ]);
});

describe('arithmetic', () => {
  table([
    ['1 + 2 * 3 - 4 / 2', 5],
    ['(1 + 2) * 3', 9],
    ['7 / -2', -3],
    ['-7 % 3', -1],
    ['1.0 / 0.0 > 1.0', true],
    ['1.0 / 0.0', 'E_CEL_EVALUATION@0'],
    ['1 / 0', 'E_CEL_EVALUATION@2'],
    ['1u % 0u', 'E_CEL_EVALUATION@3'],
    ['9223372036854775807 + 1', 'E_CEL_EVALUATION@20'],
    ['-9223372036854775808 - 1', 'E_CEL_EVALUATION@21'],
    ['-(-9223372036854775808)', 'E_CEL_EVALUATION@0'],
    ['-9223372036854775808 / -1', 'E_CEL_EVALUATION@21'],
    ['1u - 2u', 'E_CEL_EVALUATION@3'],
    ['18446744073709551615u * 2u', 'E_CEL_EVALUATION@22'],
    ['1 + 1.0', 'E_CEL_EVALUATION@2'],
    ['1 + 1u', 'E_CEL_EVALUATION@2'],
    ['1.5 % 1.0', 'E_CEL_EVALUATION@4'],
    ['"a" + 1', 'E_CEL_EVALUATION@4'],
    ['"a" - "b"', 'E_CEL_EVALUATION@4'],
    ['-true', 'E_CEL_EVALUATION@0'],
    ['-1u', 'E_CEL_EVALUATION@0'],
    ['params.n + 1.0', 6],
    ['params.n + 1', 'E_CEL_EVALUATION@9'],
    ['int(params.n) + 1', 6],
    ['params.big + 1', '9007199254740994'],
    ['"a" + "b"', 'ab'],
    ['b"a" + b"b"', 'YWI='],
    ['[1] + ["x"]', [1, 'x']],
  ]);
});

describe('comparison', () => {
  table([
    ['1 == 1.0 && 1u == 1 && 1.0 == 1u', true],
    ['9007199254740993 == 9007199254740992.0', false],
    ['params.big > 9007199254740992.0', true],
    ['1 == "1"', false],
    ['null == null', true],
    ['null == 0', false],
    ['null != false', true],
    ['0.0 == -0.0', true],
    ['(0.0/0.0) == (0.0/0.0)', false],
    ['(0.0/0.0) < 1.0 || (0.0/0.0) >= 1.0', false],
    ['[1, [2.0]] == [1u, [2]]', true],
    ['[1] == [1, 2]', false],
    ['{"a": 1, 2: 3} == {2u: 3, "a": 1.0}', true],
    ['{"a": 1} == {"b": 1}', false],
    ['params.deep == {"er": {"x": true}}', true],
    ['b"a" == b"a" && b"a" != b"b"', true],
    ['"a" < "b" && "" < "a" && "ab" > "a"', true],
    ['"\\uffff" < "\\U00010000"', true],
    ['b"a" < b"b"', true],
    ['false < true', true],
    ['1 < 1.5 && 2u >= 1.5', true],
    ['1 < "a"', 'E_CEL_EVALUATION@2'],
    ['null < null', 'E_CEL_EVALUATION@5'],
    ['[1] < [2]', 'E_CEL_EVALUATION@4'],
    ['1 in [3, 1.0]', true],
    ['"x" in ["a"]', false],
    ['"n" in params', true],
    ['"toString" in params', false],
    ['1 in params', false],
    ['2.0 in {2: 1}', true],
    ['1 in 1', 'E_CEL_EVALUATION@2'],
    ['"read" in token.scope', 'E_CEL_EVALUATION@7'],
  ]);
});

describe('logic', () => {
  table([
    ['true && false || true', true],
    ['!true || !!true', true],
    ['false && params.zz', false],
    ['params.zz && false', false],
    ['true || params.zz', true],
    ['params.zz || true', true],
    ['params.zz && true', 'E_CEL_EVALUATION@7'],
    ['true && params.zz', 'E_CEL_EVALUATION@15'],
    ['params.zz || false', 'E_CEL_EVALUATION@7'],
    ['1 && false', false],
    ['1 && true', 'E_CEL_EVALUATION@2'],
    ['true && 1', 'E_CEL_EVALUATION@5'],
    ['!1', 'E_CEL_EVALUATION@0'],
    ['true ? 1 : params.zz', 1],
    ['false ? params.zz : 2', 2],
    ['params.n > 1.0 ? "many" : "few"', 'many'],
    ['1 ? 2 : 3', 'E_CEL_EVALUATION@0'],
    ['true ? false ? 1 : 2 : 3', 'E_CEL_SYNTAX@13'],
    ['true ? (false ? 1 : 2) : 3', 2],
    ['false ? 1 : true ? 2 : 3', 2],
  ]);
});

describe('reaching into values', () => {
  table([
    ['params.deep.er.x', true],
    ['params["n"]', 5],
    ['params.`odd-name`', 'odd'],
    ['params.list[1]', 'b'],
    ['params.list[1.0]', 'b'],
    ['params.list[1u]', 'b'],
    ['params.list[3]', 'E_CEL_EVALUATION@11'],
    ['params.list[-1]', 'E_CEL_EVALUATION@11'],
    ['params.list[0.5]', 'E_CEL_EVALUATION@11'],
    ['params.list["0"]', 'E_CEL_EVALUATION@11'],
    ['params.list.length', 'E_CEL_EVALUATION@12'],
    ['params.zz', 'E_CEL_EVALUATION@7'],
    ['params.constructor', 'E_CEL_EVALUATION@7'],
    ['params.__proto__', 'E_CEL_EVALUATION@7'],
    ['params.none.x', 'E_CEL_EVALUATION@12'],
    ['params.n.x', 'E_CEL_EVALUATION@9'],
    ['missing', 'E_CEL_EVALUATION@0'],
    ['missing.?x', 'E_CEL_EVALUATION@0'],
    ['{1: "one"}[1.0]', 'one'],
    ['{1.5: 1}', 'E_CEL_EVALUATION@1'],
    ['{"a": 1, "a": 2}', 'E_CEL_EVALUATION@9'],
    ['{1: 1, 1u: 2}', 'E_CEL_EVALUATION@7'],
    ['{1: 1, "1": 2}', 'E_CEL_EVALUATION@0'],
    ['has(params.n)', true],
    ['has(params.none)', true],
    ['has(params.zz)', false],
    ['has(params.zz.y)', 'E_CEL_EVALUATION@11'],
    ['has(params.?zz.y)', false],
    ['has(params.n.y)', 'E_CEL_EVALUATION@0'],
  ]);
});

describe('optional values', () => {
  table([
    ['params.?n', 5],
    ['params.?zz', 'absent'],
    ['params.?zz.y.z', 'absent'],
    ['params.?deep.er.x', true],
    ['params.?deep.zz', 'absent'],
    ['params.?none', null],
    ['params.?none.?x', 'absent'],
    ['params.?n.?x', 'E_CEL_EVALUATION@11'],
    ['params.list[?1]', 'b'],
    ['params.list[?9]', 'absent'],
    ['params.list[ ?9]', 'absent'],
    ['params[?"zz"].orValue("d")', 'd'],
    ['params.?n.orValue(1/0)', 5],
    ['params.?zz.orValue(1/0)', 'E_CEL_EVALUATION@20'],
    ['params.?zz.or(params.?n).value()', 5],
    ['params.?zz.or(params.?yy)', 'absent'],
    ['params.?zz.or(1)', 'E_CEL_EVALUATION@11'],
    ['params.?zz.value()', 'E_CEL_EVALUATION@11'],
    ['params.?none.value()', null],
    ['params.?n.hasValue()', true],
    ['params.?zz.hasValue()', false],
    ['params.n.hasValue()', 'E_CEL_EVALUATION@9'],
    ['params.?zz == params.?yy', true],
    ['params.?n == params.?zz', false],
    ['params.?n == 5', false],
    ['[?params.?zz, 1, ?params.?n]', [1, 5]],
    ['[ ?params.?n]', [5]],
    ['{?"a": params.?zz, ?"b": params.?n}', { b: 5 }],
    ['[?1]', 'E_CEL_EVALUATION@2'],
    ['[params.?n]', 'E_CEL_EVALUATION@0'],
    ['params.?n + 1', 'E_CEL_EVALUATION@10'],
    ['params.?n.startsWith("a")', 'E_CEL_EVALUATION@10'],
  ]);
});

describe('functions', () => {
  table([
    ['size(params.text)', 7],
    ['params.text.size()', 7],
    ['size([1, 2]) + size({"a": 1}) + size(b"abc")', 6],
    ['size(1)', 'E_CEL_EVALUATION@0'],
    ['"hello".startsWith("he") && "hello".endsWith("lo") && "hello".contains("ell")', true],
    ['"a".contains("")', true],
    ['"a.b".contains("a*")', false],
    ['"a".startsWith(1)', 'E_CEL_EVALUATION@4'],
    ['[1].contains(1)', 'E_CEL_EVALUATION@4'],
    ['string(1) + string(2u) + string(params.half) + string(true) + string("x")', '120.5truex'],
    ['string(params.n)', '5'],
    ['string(params.big)', '9007199254740993'],
    ['string(b"\\xc3\\xa9")', 'é'],
    ['string(b"\\xff")', 'E_CEL_EVALUATION@0'],
    ['string(null)', 'E_CEL_EVALUATION@0'],
    ['string([1])', 'E_CEL_EVALUATION@0'],
    ['int("-12") + int(3.9) + int(-3.9) + int(4u)', -8],
    ['int("9223372036854775808")', 'E_CEL_EVALUATION@0'],
    ['int("1.5")', 'E_CEL_EVALUATION@0'],
    ['int("")', 'E_CEL_EVALUATION@0'],
    ['int(" 1")', 'E_CEL_EVALUATION@0'],
    ['int(1e300)', 'E_CEL_EVALUATION@0'],
    ['int(true)', 'E_CEL_EVALUATION@0'],
    ['uint("5") == 5u', true],
    ['uint(-1)', 'E_CEL_EVALUATION@0'],
    ['uint(-0.5)', 'E_CEL_EVALUATION@0'],
    ['double("1.5e1") + double(1) + double(2u)', 18],
    ['double("NaN")', 'E_CEL_EVALUATION@0'],
  ]);
});

describe('limits', () => {
  const code = (text: string, limits: object, value: CelValue = params): string => {
    const program = compileCel(text, ['params'], { ...defaultCelLimits, ...limits });
    const result = isRefusal(program) ? program : program.run({ params: value });
    return isRefusal(result) ? result.error.code : 'fine';
  };
  const cases: readonly (readonly [string, string, object])[] = [
    ['length', '"aaaa"', { maxLength: 5 }],
    ['depth of brackets', '((1))', { maxDepth: 1 }],
    ['depth of choices', 'true?1:true?1:true?1:1', { maxDepth: 2 }],
    ['parts', '1+1+1', { maxNodes: 5 }],
    ['parts in signs', '!!!!true', { maxNodes: 4 }],
    ['steps', '1+1+1', { maxSteps: 4 }],
    ['steps, which no operator absorbs', '(1+1+1 == 3) || true', { maxSteps: 4 }],
    ['size of texts', '"abc"+"def"', { maxSize: 5 }],
    ['size of lists', '[1,2]+[3,4]', { maxSize: 3 }],
    ['size of results', '[1,2,3,4]', { maxSize: 4 }],
  ];
  for (const [what, text, limits] of cases)
    it(`bounds ${what}`, () => {
      assert.equal(code(text, limits), 'E_CEL_LIMIT');
      assert.equal(code(text, {}), 'fine');
    });

  const long = 'a'.repeat(200_000);
  const many = Array.from({ length: 200_000 }, (_, i) => i);
  const heavy: readonly (readonly [string, CelValue])[] = [
    ['params.a == params.b', { a: many, b: [...many] }],
    ['-1 in params', many],
    ['params.a.contains(params.b)', { a: long, b: `${long.slice(0, 90_000)}b` }],
    ['params', many],
    ['params', long],
  ];
  for (const [text, value] of heavy)
    it(`charges ${text} by the size of the data`, () => {
      assert.equal(code(text, {}, value), 'E_CEL_LIMIT');
    });

  it('refuses results that are too deep', () => {
    let deep: CelValue = [];
    for (let i = 0; i < 100_000; i += 1) deep = [deep];
    assert.equal(code('params', {}, deep), 'E_CEL_LIMIT');
    assert.equal(code('params == params', {}, deep), 'E_CEL_LIMIT');
  });
});
