/** The example model server answers as Open Inference Protocol V2 says. */
import assert from 'node:assert/strict';
import { describe as suite, it } from 'node:test';
import { decodeNetwork, describe, infer, isInferPath } from '../../examples/factory/inference.ts';
import { createNetwork } from '../../examples/factory/network.ts';
import { seededRandom } from '../../examples/factory/random.ts';
import { encodeNetwork } from '../../examples/factory/train.ts';

const network = createNetwork({ inputs: 784, hidden: 4, outputs: 10 }, seededRandom(1));
const picture = Array.from({ length: 784 }, (_, i) => (i % 9 === 0 ? 0.5 : 0));
const request = (tensor: object): unknown => ({
  id: 'r1',
  inputs: [{ name: 'pixels', datatype: 'FP32', shape: [1, 784], data: picture, ...tensor }],
});
type InferBody = {
  readonly id?: string;
  readonly outputs: readonly { readonly name: string; readonly data: readonly number[] }[];
};

suite('infer', () => {
  it('gives a label and ten probabilities for each picture', () => {
    const answer = infer(network, request({ shape: [2, 784], data: [...picture, ...picture] }));
    const body = answer.body as InferBody;
    assert.equal(answer.status, 200);
    assert.equal(body.id, 'r1');
    assert.equal(body.outputs[0]?.data.length, 2);
    const sum = body.outputs[1]?.data.reduce((a, b) => a + b, 0) ?? 0;
    assert.ok(Math.abs(sum - 2) < 1e-5);
  });

  it('takes nested data like flat data', () => {
    assert.deepEqual(infer(network, request({ data: [picture] })), infer(network, request({})));
  });

  const malformed: readonly (readonly [string, unknown])[] = [
    ['nothing', undefined],
    ['no inputs', {}],
    ['another name', request({ name: 'x' })],
    ['another type', request({ datatype: 'INT8' })],
    ['another width', request({ shape: [1, 783] })],
    ['an empty batch', request({ shape: [0, 784], data: [] })],
    ['a huge batch', request({ shape: [1e9, 784] })],
    ['too little data', request({ data: picture.slice(1) })],
    ['text as data', request({ data: picture.map(String) })],
  ];
  for (const [what, body] of malformed) {
    it(`refuses ${what} with 400`, () => assert.equal(infer(network, body).status, 400));
  }
});

suite('the model file', () => {
  it('survives encoding', () => {
    const again = decodeNetwork(encodeNetwork(network));
    assert.deepEqual(infer(again, request({})), infer(network, request({})));
  });

  it('is refused when it holds another model', () => {
    const other = { ...network, bias1: new Float32Array(3) };
    assert.throws(() => decodeNetwork(encodeNetwork(other)));
  });
});

suite('paths', () => {
  it('knows the model with and without its version', () => {
    for (const path of ['/v2/models/digits', '/v2/models/digits/versions/1/ready', '/v2'])
      assert.equal(describe(path).status, 200, path);
    assert.equal(describe('/v2/models/other').status, 404);
    assert.ok(isInferPath('/v2/models/digits/versions/1/infer'));
    assert.ok(!isInferPath('/v2/models/digits/versions/2/infer'));
  });
});
