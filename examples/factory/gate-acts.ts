/** Acts at the gate: who gets an answer and who does not. */
import assert from 'node:assert/strict';
import { type Act, expectRefusal, inferPath, labelsIn, requestFor } from './act.ts';
import { modelServerId, type Stage, trustDomain } from './stage.ts';

const batchSize = 64;
const budget = 10;
const parallel = 64;

const oneDigit = ({ heldOut }: Stage): unknown => requestFor(heldOut.slice(0, 1));
const shareOf = (count: number, total: number): string =>
  `${((count / total) * 100).toFixed(1)} % of ${total}`;

const allowed: Act = {
  name: 'allowed caller',
  told: '200, digits read correctly',
  play: async (stage) => {
    const digits = stage.heldOut.slice(0, batchSize);
    const workload = stage.workload('scorer');
    const outcome = await stage.ask({ path: inferPath, workload, body: requestFor(digits) });
    assert.equal(outcome.status, 200, `status ${outcome.status} ${outcome.code}`);
    const labels = labelsIn(outcome);
    const right = digits.filter(({ label }, i) => label === labels[i]).length;
    assert.ok(right / digits.length > 0.85, `only ${shareOf(right, digits.length)} read correctly`);
    return `200 over mutual TLS, ${shareOf(right, digits.length)} read correctly`;
  },
};

const bearers: Act = {
  name: 'other credentials',
  told: '200 with JWT-SVID and API token',
  play: async (stage) => {
    const workload = stage.workload('scorer');
    const id = ['--spiffe-id', `spiffe://${trustDomain}/scorer`];
    const audience = ['--audience', `spiffe://${trustDomain}/sallyport`];
    const jwt = (await stage.tool('svid', 'mint', ...id, '--jwt', ...audience)).trim();
    const token = (await stage.tool('token', 'create', '--principal', 'scorer')).trim();
    const body = oneDigit(stage);
    for (const bearer of [jwt, token]) {
      const asked = { path: inferPath, workload, isNameless: true, bearer, body };
      const outcome = await stage.ask(asked);
      assert.equal(outcome.status, 200, `status ${outcome.status} ${outcome.code}`);
    }
    return '200 and 200, no client certificate needed';
  },
};

const nobody: Act = {
  name: 'no identity',
  told: '401',
  play: async (stage) => {
    const workload = stage.workload('scorer');
    const asked = { path: inferPath, workload, isNameless: true, body: oneDigit(stage) };
    return expectRefusal(await stage.ask(asked), 401, 'E_CREDENTIAL_MISSING');
  },
};

const wrongRole: Act = {
  name: 'wrong role',
  told: '403',
  play: async (stage) => {
    const workload = stage.workload('gardener');
    const outcome = await stage.ask({ path: inferPath, workload, body: oneDigit(stage) });
    return expectRefusal(outcome, 403, 'E_POLICY_DENIED');
  },
};

const malformed: Act = {
  name: 'malformed tensor',
  told: '400, four ways',
  play: async (stage) => {
    const workload = stage.workload('scorer');
    const [digit] = stage.heldOut;
    const pixels = [...(digit?.pixels ?? [])];
    const tensor = { name: 'pixels', datatype: 'FP32', shape: [1, 784], data: pixels };
    const bodies = [
      { inputs: [{ ...tensor, shape: [1, 783] }] },
      { inputs: [{ ...tensor, name: 'pixles' }] },
      { inputs: [{ ...tensor, data: pixels.map((value, i) => (i === 0 ? 7 : value)) }] },
      { inputs: [{ ...tensor, data: pixels.slice(1) }] },
    ];
    const said: string[] = [];
    for (const body of bodies)
      said.push(
        expectRefusal(
          await stage.ask({ path: inferPath, workload, body }),
          400,
          'E_TENSOR_INVALID',
        ),
      );
    return said[0] ?? '';
  },
};

const expired: Act = {
  name: 'expired certificate',
  told: 'refused',
  play: async (stage) => {
    const workload = stage.workload('latecomer');
    const outcome = await stage.ask({ path: inferPath, workload, body: oneDigit(stage) });
    assert.notEqual(outcome.status, 200);
    assert.ok(outcome.status === 401 || outcome.status === 0, `status ${outcome.status}`);
    assert.match(outcome.code, /EXPIRED|CREDENTIAL/);
    return `${outcome.status === 0 ? 'handshake refused' : outcome.status} ${outcome.code}`;
  },
};

const overBudget: Act = {
  name: 'over budget',
  told: `of ${parallel} at once ${budget} answered, ${parallel - budget} × 429`,
  play: async (stage) => {
    await stage.setRequestLimit('spender', budget);
    const workload = stage.workload('spender');
    const body = oneDigit(stage);
    const outcomes = await Promise.all(
      Array.from({ length: parallel }, () => stage.ask({ path: inferPath, workload, body })),
    );
    const answered = outcomes.filter(({ status }) => status === 200).length;
    const refused = outcomes.filter(({ status }) => status === 429);
    assert.equal(answered, budget, `${answered} answers`);
    assert.equal(refused.length, parallel - budget, `${refused.length} refusals`);
    return `${answered} answers, ${refused.length} × 429 ${refused[0]?.code ?? ''}`;
  },
};

const shadow: Act = {
  name: 'shadow mode',
  told: '200, the refusal is recorded',
  play: async (stage) => {
    const workload = stage.workload('gardener');
    const path = inferPath.replace('digits', 'digits-trial');
    const outcome = await stage.ask({ path, workload, body: oneDigit(stage) });
    assert.equal(outcome.status, 200, `status ${outcome.status} ${outcome.code}`);
    const rows = await stage.ledgerRows('Service::gardener');
    const recorded = rows.find(
      ({ decision, resource }) => decision === 'deny' && /digits-trial/.test(resource ?? ''),
    );
    assert.ok(recorded, 'no denied decision about digits-trial in the ledger');
    return `200, and ledger entry ${recorded.index} says deny`;
  },
};

const aroundTheGate: Act = {
  name: 'around the gate',
  told: 'the model itself refuses',
  play: async (stage) => {
    const workload = stage.workload('scorer');
    const outcome = await stage.askModel({ path: inferPath, workload, body: oneDigit(stage) });
    assert.equal(outcome.status, 403, `status ${outcome.status} ${outcome.code}`);
    return `403 from ${modelServerId}: only the gateway is served`;
  },
};

/** The acts, in order. */
export const gateActs: readonly Act[] = [
  allowed,
  bearers,
  nobody,
  wrongRole,
  malformed,
  expired,
  overBudget,
  shadow,
  aroundTheGate,
];
